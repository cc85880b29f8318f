package io.slinfer;

import static org.junit.jupiter.api.Assertions.assertEquals;

import com.tngtech.archunit.core.domain.JavaClass;
import com.tngtech.archunit.core.domain.JavaClasses;
import com.tngtech.archunit.core.importer.ClassFileImporter;
import com.tngtech.archunit.core.importer.ImportOption;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;

/** Holds the allow-list of imports between rooms, and that each room has its door sign. */
final class PackageRulesTest {

  private static final String ROOT = "io.slinfer";

  /** Room to the rooms and outside packages (java.* aside) that it may use. */
  private static final Map<String, Set<String>> ALLOWED = new TreeMap<>();

  private static void room(String name, String... mayUse) {
    ALLOWED.put(name, Arrays.stream(mayUse).collect(Collectors.toCollection(TreeSet::new)));
  }

  static {
    // The pure ring.
    room("request");
    room("kvcache", "request");
    room("constraint");
    room("constraint.schema", "constraint", "com.fasterxml.jackson");
    room("toolcall", "constraint", "constraint.schema", "com.fasterxml.jackson");
    room("engine", "request", "kvcache");
    room("cost", "request", "engine");
    room("memory", "request", "kvcache", "cost", "engine");
    room("admission", "request", "kvcache", "cost", "memory", "engine");
    room("packing", "request", "kvcache", "cost", "memory", "admission", "engine");
    room("placement", "request", "kvcache", "cost", "memory", "admission", "packing", "engine");
    room(
        "scheduler",
        "request",
        "kvcache",
        "cost",
        "memory",
        "admission",
        "placement",
        "packing",
        "engine");
    // The device ring.
    room("model.gguf");
    room("model.tokenizer", "model.gguf");
    room("model.chat");
    room("model", "request", "kvcache", "engine", "model.gguf", "model.tokenizer", "model.chat");
    room("ffi");
    room("engine.device", "engine", "request", "kvcache", "model", "org.slf4j");
    room(
        "engine.cpu",
        "engine",
        "engine.device",
        "request",
        "kvcache",
        "model",
        "model.gguf",
        "ffi");
    room("engine.emulated", "engine", "request", "kvcache", "cost");
    room(
        "engine.gpu",
        "engine",
        "engine.device",
        "request",
        "kvcache",
        "model",
        "model.gguf",
        "ffi",
        "jcuda",
        "org.slf4j");
    // The adapter ring.
    room("config", "request", "cost", "com.fasterxml.jackson");
    room("metrics", "request", "io.micrometer");
    room("node", "*pure", "model", "config", "metrics", "io.vertx", "org.slf4j");
    room(
        "gateway",
        "*pure",
        "cluster",
        "model",
        "model.gguf",
        "model.tokenizer",
        "model.chat",
        "node",
        "config",
        "metrics",
        "io.vertx",
        "org.slf4j");
    room(
        "gateway.remote",
        "*pure",
        "cluster",
        "gateway",
        "node",
        "metrics",
        "io.vertx",
        "org.slf4j");
    room(
        "http",
        "request",
        "engine",
        "constraint",
        "constraint.schema",
        "toolcall",
        "gateway",
        "config",
        "metrics",
        "model",
        "io.vertx",
        "io.netty",
        "io.micrometer",
        "com.fasterxml.jackson",
        "org.slf4j");
    room(
        "http.admin",
        "http",
        "gateway",
        "node",
        "config",
        "request",
        "cost",
        "engine",
        "io.vertx",
        "com.fasterxml.jackson");
    room("http.console", "http", "request", "io.vertx", "com.fasterxml.jackson");
    room("http.responses", "http", "gateway", "request", "toolcall", "com.fasterxml.jackson");
    room(
        "http.anthropic",
        "http",
        "gateway",
        "request",
        "toolcall",
        "io.vertx",
        "com.fasterxml.jackson");
    room(
        "http.ollama",
        "http",
        "gateway",
        "request",
        "toolcall",
        "io.vertx",
        "com.fasterxml.jackson");
    room(
        "memory.verticle",
        "*pure",
        "cluster",
        "node",
        "config",
        "metrics",
        "io.vertx",
        "org.slf4j");
    room(
        "packing.verticle",
        "*pure",
        "cluster",
        "node",
        "config",
        "metrics",
        "io.vertx",
        "org.slf4j");
    room("cluster", "*pure", "config", "metrics", "com.hazelcast", "io.vertx", "org.slf4j");
    // The top.
    room("sim", "*pure", "trace", "engine.emulated", "config", "plot", "com.fasterxml.jackson");
    room("recording", "*pure", "node", "metrics", "io.vertx", "com.fasterxml.jackson", "org.slf4j");
    room("load", "request", "plot", "trace", "io.vertx", "com.fasterxml.jackson", "org.slf4j");
    room("plot");
    room("trace", "com.fasterxml.jackson");
    room("cli", "*");
    room("", "cli");
  }

  private static final Set<String> PURE =
      Set.of(
          "request",
          "kvcache",
          "constraint",
          "constraint.schema",
          "toolcall",
          "engine",
          "cost",
          "memory",
          "admission",
          "placement",
          "packing",
          "scheduler");

  private final JavaClasses classes =
      new ClassFileImporter()
          .withImportOption(new ImportOption.DoNotIncludeTests())
          .importPackages(ROOT);

  @Test
  void everyRoomUsesOnlyWhatItsSignAllows() {
    Set<String> broken = new TreeSet<>();
    for (JavaClass origin : classes) {
      String room = roomOf(origin.getPackageName());
      Set<String> allowed = ALLOWED.get(room);
      if (allowed == null) {
        broken.add("room " + room + " is not on the list");
        continue;
      }
      if (allowed.contains("*")) {
        continue;
      }
      origin.getDirectDependenciesFromSelf().stream()
          .map(dependency -> dependency.getTargetClass().getBaseComponentType())
          .filter(target -> !target.isPrimitive())
          .filter(target -> !isAllowed(room, allowed, target.getPackageName()))
          .forEach(
              target ->
                  broken.add(
                      room + " uses " + target.getName() + " (in " + origin.getSimpleName() + ")"));
    }
    assertEquals(Set.of(), broken);
  }

  @Test
  void everyRoomHasItsDoorSign() throws IOException {
    Set<String> broken = new TreeSet<>();
    Path sources = Path.of("src/main/java/io/slinfer");
    try (Stream<Path> folders = Files.walk(sources)) {
      for (Path folder : folders.filter(Files::isDirectory).toList()) {
        if (!holdsJava(folder)) {
          continue;
        }
        Path sign = folder.resolve("package-info.java");
        String text = Files.exists(sign) ? Files.readString(sign) : "";
        for (String line : new String[] {"Owns:", "May use:", "Must not:", "Thread:"}) {
          if (!text.contains(line)) {
            broken.add(folder + " lacks " + line);
          }
        }
      }
    }
    assertEquals(Set.of(), broken);
  }

  private static boolean holdsJava(Path folder) throws IOException {
    try (Stream<Path> files = Files.list(folder)) {
      return files.anyMatch(file -> file.toString().endsWith(".java"));
    }
  }

  private static boolean isAllowed(String room, Set<String> allowed, String target) {
    if (target.startsWith("java.")) {
      return true;
    }
    if (target.equals(ROOT) || target.startsWith(ROOT + ".")) {
      String other = roomOf(target);
      return other.equals(room)
          || allowed.contains(other)
          || (allowed.contains("*pure") && PURE.contains(other));
    }
    if (room.equals("") || target.startsWith("com.google.errorprone.annotations")) {
      return true;
    }
    return allowed.stream()
        .anyMatch(prefix -> target.equals(prefix) || target.startsWith(prefix + "."));
  }

  private static String roomOf(String packageName) {
    return packageName.equals(ROOT) ? "" : packageName.substring(ROOT.length() + 1);
  }
}
