package io.slinfer.config;

import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/**
 * Which models are served.
 *
 * @param directories folders that hold GGUF files; files may come and go while the server runs
 * @param first model ids listed before the others, in this order
 * @param chatTemplates by model id: a file with the chat template to use instead of the model's own
 * @param maxContextTokens limits every model's context; 0 means what its file says
 * @param emulated models without a file, for emulated devices; folders are not looked at then
 */
public record ModelSettings(
    List<Path> directories,
    List<String> first,
    Map<String, Path> chatTemplates,
    int maxContextTokens,
    List<EmulatedModelSettings> emulated) {

  public ModelSettings {
    directories = List.copyOf(directories);
    first = List.copyOf(first);
    chatTemplates = Map.copyOf(chatTemplates);
    emulated = List.copyOf(emulated);
  }

  /** The same with other directories; an empty list changes nothing. */
  public ModelSettings in(List<Path> otherDirectories) {
    return otherDirectories.isEmpty()
        ? this
        : new ModelSettings(otherDirectories, first, chatTemplates, maxContextTokens, List.of());
  }

  /**
   * @param folder what relative paths are relative to
   */
  static ModelSettings read(Section section, Path folder) {
    Map<String, Path> templates = new LinkedHashMap<>();
    section
        .textsByKey("chat-templates")
        .forEach((model, file) -> templates.put(model, folder.resolve(file).normalize()));
    List<EmulatedModelSettings> emulated =
        List.copyOf(section.sections("emulated", EmulatedModelSettings::read).values());
    List<Path> directories =
        section.texts("directories", List.of("../models")).stream()
            .map(name -> folder.resolve(name).normalize())
            .toList();
    ModelSettings settings =
        new ModelSettings(
            emulated.isEmpty() ? directories : List.of(),
            section.texts("first", List.of("demo-chat")),
            templates,
            section.integer("max-context-tokens", 0, 0, 1 << 24),
            emulated);
    section.end();
    return settings;
  }
}
