package io.slinfer.bench;

import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.slinfer.constraint.ConstraintState;
import io.slinfer.constraint.GgufVocabulary;
import io.slinfer.constraint.Grammar;
import io.slinfer.constraint.TokenConstraint;
import io.slinfer.constraint.TokenTrie;
import io.slinfer.constraint.Vocabularies;
import io.slinfer.constraint.Vocabulary;
import io.slinfer.constraint.schema.JsonSchemaGrammar;
import io.slinfer.constraint.schema.Whitespace;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.TreeMap;

/**
 * What a token mask costs: a batch of 8 JSON answers, stepped side by side, once on a fresh
 * constraint (cold) and once more with other answers (warm). Prints microseconds per token of one
 * sequence: mean, median, 99th percentile, worst.
 *
 * <p>{@code java -cp target/test-classes:target/classes:target/lib/*
 * io.slinfer.bench.TokenMaskBench ../shared/conformance/vocab}
 */
public final class TokenMaskBench {

  private static final int BATCH = 8;
  private static final ObjectMapper JSON = new ObjectMapper();
  private static final String SCHEMA =
      """
      {"type":"object","properties":{
        "title":{"type":"string","maxLength":200},
        "summary":{"type":"string"},
        "year":{"type":"integer","minimum":1900,"maximum":2100},
        "score":{"type":"number"},
        "tags":{"type":"array","items":{"type":"string"},"maxItems":20},
        "people":{"type":"array","items":{"type":"object","properties":{
          "name":{"type":"string"},"role":{"enum":["author","editor","reader"]},
          "born":{"type":"string","format":"date"}},
          "required":["name","role","born"],"additionalProperties":false}}},
       "required":["title","summary","year","score","tags","people"],
       "additionalProperties":false}""";

  private final Random random = new Random(1);

  private TokenMaskBench() {}

  /** Takes the folder of the vocabularies; without it only the synthetic one is measured. */
  public static void main(String[] arguments) throws IOException {
    TokenMaskBench bench = new TokenMaskBench();
    bench.measure("synthetic-128k", Vocabularies.synthetic(128 * 1024, 7));
    bench.measure("synthetic-128k", Vocabularies.synthetic(128 * 1024, 7));
    if (arguments.length == 0) {
      return;
    }
    for (String name : new String[] {"llama-bpe", "qwen2", "llama-spm"}) {
      Path file = Path.of(arguments[0], "ggml-vocab-" + name + ".gguf.gz");
      if (Files.exists(file)) {
        GgufVocabulary vocabulary = GgufVocabulary.read(file);
        long start = System.nanoTime();
        TokenTrie trie = new TokenTrie(vocabulary);
        System.out.printf("%s: trie in %d ms%n", name, (System.nanoTime() - start) / 1_000_000);
        bench.measure(name, trie);
      }
    }
  }

  private void measure(String name, TokenTrie trie) throws IOException {
    Map<String, Grammar> grammars = new TreeMap<>();
    grammars.put("any object", JsonSchemaGrammar.anyObject(Whitespace.BOUNDED));
    grammars.put("schema", JsonSchemaGrammar.of(JSON.readTree(SCHEMA), Whitespace.BOUNDED));
    Map<String, Integer> tokens = byText(trie.vocabulary());
    for (Map.Entry<String, Grammar> grammar : grammars.entrySet()) {
      long start = System.nanoTime();
      TokenConstraint constraint = TokenConstraint.compile(grammar.getValue(), trie);
      long compiled = System.nanoTime() - start;
      System.out.printf(
          "%s, %d tokens, %s: compiled in %.1f ms%n",
          name, trie.vocabulary().size(), grammar.getKey(), compiled / 1e6);
      for (String pass : new String[] {"cold", "warm", "warm again"}) {
        report(pass, run(constraint, tokens));
      }
    }
  }

  /** Nanoseconds of each mask and the step after it. */
  private long[] run(TokenConstraint constraint, Map<String, Integer> tokens) throws IOException {
    List<List<Integer>> answers = new ArrayList<>();
    List<ConstraintState> states = new ArrayList<>();
    for (int i = 0; i < BATCH; i++) {
      answers.add(tokenise(JSON.writeValueAsString(document()), tokens));
      states.add(constraint.start());
    }
    List<Long> nanos = new ArrayList<>();
    for (int step = 0; ; step++) {
      boolean any = false;
      for (int i = 0; i < BATCH; i++) {
        if (step < answers.get(i).size()) {
          any = true;
          int token = answers.get(i).get(step);
          long start = System.nanoTime();
          long[] mask = states.get(i).allowedTokens();
          states.get(i).accept(token);
          nanos.add(System.nanoTime() - start);
          if ((mask[token >> 6] >>> token & 1) == 0) {
            throw new IllegalStateException("token " + token + " is not in the mask");
          }
        }
      }
      if (!any) {
        return nanos.stream().mapToLong(Long::longValue).toArray();
      }
    }
  }

  private static void report(String pass, long[] nanos) {
    double mean = Arrays.stream(nanos).average().orElseThrow() / 1000;
    Arrays.sort(nanos);
    System.out.printf(
        "  %-10s %6d tokens: mean %8.2f us, median %7.2f, p99 %8.2f, max %9.2f%n",
        pass,
        nanos.length,
        mean,
        nanos[nanos.length / 2] / 1e3,
        nanos[nanos.length * 99 / 100] / 1e3,
        nanos[nanos.length - 1] / 1e3);
  }

  private ObjectNode document() {
    ObjectNode document = JSON.createObjectNode();
    document.put("title", words(6)).put("summary", words(60));
    document.put("year", 1900 + random.nextInt(200)).put("score", random.nextInt(1000) / 8.0);
    ArrayNode tags = document.putArray("tags");
    for (int i = random.nextInt(9); i >= 0; i--) {
      tags.add(words(1));
    }
    ArrayNode people = document.putArray("people");
    String[] roles = {"author", "editor", "reader"};
    for (int i = random.nextInt(5); i >= 0; i--) {
      people
          .addObject()
          .put("name", words(2))
          .put("role", roles[random.nextInt(3)])
          .put("born", "19%02d-0%d-1%d".formatted(random.nextInt(100), 1 + i, random.nextInt(10)));
    }
    return document;
  }

  private String words(int count) {
    String[] some = {"the", "house", "and", "größe", "of", "it's", "\"quoted\"", "time", "日本", "x"};
    StringBuilder text = new StringBuilder();
    for (int i = 0; i < count; i++) {
      text.append(i == 0 ? "" : " ").append(some[random.nextInt(some.length)]);
    }
    return text.toString();
  }

  private static Map<String, Integer> byText(Vocabulary vocabulary) {
    Map<String, Integer> tokens = new HashMap<>();
    for (int id = 0; id < vocabulary.size(); id++) {
      if (!vocabulary.control(id) && !vocabulary.endsGeneration(id)) {
        tokens.put(new String(vocabulary.piece(id), StandardCharsets.ISO_8859_1), id);
      }
    }
    return tokens;
  }

  /** The longest token at each place. */
  private static List<Integer> tokenise(String text, Map<String, Integer> tokens) {
    String bytes = new String(text.getBytes(StandardCharsets.UTF_8), StandardCharsets.ISO_8859_1);
    List<Integer> ids = new ArrayList<>();
    for (int at = 0; at < bytes.length(); ) {
      int end = Math.min(bytes.length(), at + 24);
      while (!tokens.containsKey(bytes.substring(at, end))) {
        end--;
      }
      ids.add(tokens.get(bytes.substring(at, end)));
      at = end;
    }
    return ids;
  }
}
