package io.slinfer.constraint.schema;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.fasterxml.jackson.core.JsonGenerator;
import com.fasterxml.jackson.core.util.MinimalPrettyPrinter;
import com.fasterxml.jackson.databind.DeserializationFeature;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.TextNode;
import com.networknt.schema.JsonSchemaFactory;
import com.networknt.schema.SpecVersion;
import io.slinfer.constraint.ConstraintException;
import io.slinfer.constraint.ConstraintState;
import io.slinfer.constraint.TokenConstraint;
import io.slinfer.constraint.TokenSampler;
import io.slinfer.constraint.TokenTrie;
import io.slinfer.constraint.Vocabularies;
import io.slinfer.constraint.Vocabulary;
import java.io.IOException;
import java.math.BigDecimal;
import java.nio.ByteBuffer;
import java.nio.charset.CharacterCodingException;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Random;
import java.util.Set;
import java.util.TreeSet;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.ValueSource;

/** Grammars of schemas against an independent validator and independent instances. */
final class JsonSchemaGrammarTest {

  private static final ObjectMapper JSON =
      new ObjectMapper().enable(DeserializationFeature.USE_BIG_DECIMAL_FOR_FLOATS);
  private static final JsonSchemaFactory VALIDATORS =
      JsonSchemaFactory.getInstance(SpecVersion.VersionFlag.V202012);
  private static final TokenTrie BYTES = Vocabularies.bytesAnd(List.of(), List.of());

  private final long seed = Long.getLong("slinfer.seed", 20261123L);

  private static JsonNode json(String text) {
    try {
      return JSON.readTree(text);
    } catch (IOException failure) {
      throw new IllegalArgumentException(text, failure);
    }
  }

  private static TokenConstraint compile(JsonNode schema, Whitespace whitespace, TokenTrie trie) {
    return TokenConstraint.compile(JsonSchemaGrammar.of(schema, whitespace), trie);
  }

  private static Set<?> faults(JsonNode schema, JsonNode instance) {
    return VALIDATORS
        .getSchema(schema)
        .validate(
            instance, context -> context.getExecutionConfig().setFormatAssertionsEnabled(true));
  }

  @ParameterizedTest
  @EnumSource(Whitespace.class)
  void whatIsSampledFromRandomSchemasParsesAndValidates(Whitespace whitespace) throws IOException {
    Random random = new Random(seed);
    RandomSchemas schemas = new RandomSchemas(random);
    TokenTrie trie = Vocabularies.demo();
    TokenSampler sampler = new TokenSampler(trie, random, 150);
    int sampled = 0;
    for (int i = 0; i < 150; i++) {
      JsonNode schema = schemas.schema(3);
      TokenConstraint constraint = compileIfSatisfiable(schema, whitespace, trie);
      for (int j = 0; constraint != null && j < 3; j++) {
        List<Integer> tokens = sampler.sample(constraint);
        String text = strictUtf8(sampler.bytes(tokens));
        JsonNode value = JSON.readTree(text);
        assertEquals(Set.of(), faults(schema, value), "seed " + seed + ": " + text + " " + schema);
        cutAnywhereIsAPrefixOfAValidAnswer(constraint, tokens, random, sampler);
        sampled++;
      }
    }
    assertTrue(sampled > 350, sampled + " sampled");
  }

  private static TokenConstraint compileIfSatisfiable(
      JsonNode schema, Whitespace whitespace, TokenTrie trie) {
    try {
      return compile(schema, whitespace, trie);
    } catch (UnsupportedSchemaException refused) {
      assertTrue(refused.getMessage().contains("no integer"), refused.getMessage());
      return null;
    } catch (ConstraintException unsatisfiable) {
      assertTrue(unsatisfiable.getMessage().contains("no text"), unsatisfiable.getMessage());
      return null;
    }
  }

  /** Goes on from a random cut with other choices: the whole must be an answer again. */
  private static void cutAnywhereIsAPrefixOfAValidAnswer(
      TokenConstraint constraint, List<Integer> tokens, Random random, TokenSampler sampler)
      throws IOException {
    int cut = random.nextInt(tokens.size() + 1);
    ConstraintState state = constraint.start();
    List<Integer> answer = new ArrayList<>(tokens.subList(0, cut));
    answer.forEach(state::accept);
    while (!state.mayEnd()) {
      List<Integer> allowed = TokenSampler.tokens(state.allowedTokens());
      int token = allowed.get(random.nextInt(allowed.size()));
      state.accept(token);
      answer.add(token);
    }
    JSON.readTree(strictUtf8(sampler.bytes(answer)));
  }

  private static String strictUtf8(byte[] bytes) throws CharacterCodingException {
    return StandardCharsets.UTF_8.newDecoder().decode(ByteBuffer.wrap(bytes)).toString();
  }

  @Test
  void acceptsRandomInstancesUnderAnyTokenisation() throws IOException {
    Random random = new Random(seed + 1);
    RandomSchemas schemas = new RandomSchemas(random);
    TokenTrie trie = Vocabularies.demo();
    int accepted = 0;
    for (int i = 0; i < 250; i++) {
      JsonNode schema = schemas.schema(3);
      JsonNode instance = schemas.instance(schema);
      if (instance == null || !faults(schema, instance).isEmpty()) {
        continue;
      }
      boolean pretty = i % 2 == 0;
      String text =
          pretty
              ? JSON.writer(new ModelStylePrinter()).writeValueAsString(instance)
              : JSON.writeValueAsString(instance);
      TokenConstraint constraint =
          compile(schema, pretty ? Whitespace.BOUNDED : Whitespace.COMPACT, trie);
      String where = "seed " + seed + ": " + schema + " " + text;
      acceptUnderRandomTokenisation(
          constraint, text.getBytes(StandardCharsets.UTF_8), random, where);
      accepted++;
    }
    assertTrue(accepted > 150, accepted + " accepted");
  }

  /** One space after separators, as models write. */
  private static final class ModelStylePrinter extends MinimalPrettyPrinter {
    private static final long serialVersionUID = 1;

    @Override
    public void writeObjectFieldValueSeparator(JsonGenerator out) throws IOException {
      out.writeRaw(": ");
    }

    @Override
    public void writeObjectEntrySeparator(JsonGenerator out) throws IOException {
      out.writeRaw(",\n  ");
    }

    @Override
    public void writeArrayValueSeparator(JsonGenerator out) throws IOException {
      out.writeRaw(", ");
    }
  }

  private static void acceptUnderRandomTokenisation(
      TokenConstraint constraint, byte[] text, Random random, String where) {
    Vocabulary vocabulary = Vocabularies.demo().vocabulary();
    ConstraintState state = constraint.start();
    int at = 0;
    while (at < text.length) {
      List<Integer> fitting = new ArrayList<>();
      for (int token = 0; token < vocabulary.size(); token++) {
        byte[] piece = vocabulary.piece(token);
        if (piece.length > 0
            && !vocabulary.control(token)
            && at + piece.length <= text.length
            && Arrays.equals(piece, 0, piece.length, text, at, at + piece.length)) {
          fitting.add(token);
        }
      }
      int token = fitting.get(random.nextInt(fitting.size()));
      long[] mask = state.allowedTokens();
      int position = at;
      assertTrue((mask[token >> 6] >>> token & 1) == 1, () -> where + " at " + position);
      state.accept(token);
      at += vocabulary.piece(token).length;
    }
    assertTrue(state.mayEnd(), where);
  }

  @Test
  void anyObjectIsAnObjectAndEndsWithItsBracket() throws IOException {
    Random random = new Random(seed + 2);
    TokenTrie trie = Vocabularies.demo();
    TokenSampler sampler = new TokenSampler(trie, random, 60);
    TokenConstraint constraint =
        TokenConstraint.compile(JsonSchemaGrammar.anyObject(Whitespace.BOUNDED), trie);
    for (int i = 0; i < 40; i++) {
      assertTrue(JSON.readTree(strictUtf8(sampler.bytes(sampler.sample(constraint)))).isObject());
    }
  }

  private static boolean accepts(TokenConstraint constraint, String text) {
    ConstraintState state = constraint.start();
    for (byte value : text.getBytes(StandardCharsets.UTF_8)) {
      if (!state.allows(value & 0xFF)) {
        return false;
      }
      state.accept(value & 0xFF);
    }
    return state.mayEnd();
  }

  private static boolean accepts(String schema, String text) {
    return accepts(compile(json(schema), Whitespace.COMPACT, BYTES), text);
  }

  @Test
  void integerBoundsAndMultiplesAreExact() {
    Random random = new Random(seed + 3);
    for (int i = 0; i < 150; i++) {
      int low = random.nextInt(500) - 250;
      int high = low + random.nextInt(random.nextBoolean() ? 12 : 300);
      int step = random.nextBoolean() ? 1 : 1 + random.nextInt(20);
      String schema =
          "{\"type\":\"integer\",\"minimum\":%d,\"maximum\":%d,\"multipleOf\":%d}"
              .formatted(low, high, step);
      boolean none = Math.floorDiv(high, step) * step < low;
      if (none) {
        assertThrows(ConstraintException.class, () -> accepts(schema, "0"));
        continue;
      }
      TokenConstraint constraint = compile(json(schema), Whitespace.COMPACT, BYTES);
      for (int value = -600; value <= 600; value++) {
        boolean within = value >= low && value <= high && value % step == 0;
        assertEquals(within, accepts(constraint, Integer.toString(value)), schema + " " + value);
      }
      assertFalse(accepts(constraint, "-0"));
      assertFalse(accepts(constraint, "007"));
    }
  }

  @Test
  void numberBoundsAreExact() {
    Random random = new Random(seed + 4);
    for (int i = 0; i < 60; i++) {
      int low = random.nextInt(30) - 15;
      int high = low + 1 + random.nextInt(15);
      boolean lowIn = random.nextBoolean();
      boolean highIn = random.nextBoolean();
      String schema =
          "{\"type\":\"number\",\"%s\":%d,\"%s\":%d}"
              .formatted(
                  lowIn ? "minimum" : "exclusiveMinimum",
                  low,
                  highIn ? "maximum" : "exclusiveMaximum",
                  high);
      TokenConstraint constraint = compile(json(schema), Whitespace.COMPACT, BYTES);
      for (int tenths = -350; tenths <= 350; tenths++) {
        if (tenths == 0) {
          continue;
        }
        boolean within =
            (lowIn ? tenths >= 10 * low : tenths > 10 * low)
                && (highIn ? tenths <= 10 * high : tenths < 10 * high);
        String text = BigDecimal.valueOf(tenths, 1).toPlainString();
        assertEquals(within, accepts(constraint, text), schema + " " + text);
      }
    }
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "^[a-z]+\\d{2,3}$",
        "^(foo|ba[rz])?(?:-\\w+)*$",
        "b.d",
        "^x|y$",
        "^[^\\s\"\\\\]{1,4}$",
        "^\\u00e9+[\\x41-C]?\\.\\/$",
        "a{2}b{0,1}c{1,}",
        "^(?<year>[0-9]{4})-\\D\\S\\W$",
        ""
      })
  void patternsMatchWhatTheRegexEngineOfTheJdkFinds(String pattern) {
    Random random = new Random(seed + 5);
    TokenConstraint constraint =
        compile(
            JSON.createObjectNode().put("type", "string").put("pattern", pattern),
            Whitespace.COMPACT,
            BYTES);
    Pattern oracle = Pattern.compile(pattern);
    String alphabet = "abcdfoxyzr019-_. é\"\\AB/\n\t";
    int found = 0;
    for (int i = 0; i < 20_000; i++) {
      StringBuilder text = new StringBuilder();
      int length = random.nextInt(9);
      for (int j = 0; j < length; j++) {
        text.append(alphabet.charAt(random.nextInt(alphabet.length())));
      }
      Matcher matcher = oracle.matcher(text);
      boolean expected = matcher.find();
      if (text.toString().endsWith("\n")) {
        continue; // The JDK's $ also matches before a final line break, ECMA's does not.
      }
      found += expected ? 1 : 0;
      String written = TextNode.valueOf(text.toString()).toString();
      assertEquals(expected, accepts(constraint, written), pattern + " " + written);
    }
    assertTrue(found > 0 || pattern.startsWith("^"), pattern + " never matched");
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      quoteCharacter = '`',
      value = {
        "{'type':'object','patternProperties':{'a':{}}} | patternProperties | #",
        "{'properties':{'p':{'not':{}}}} | not | #/properties/p",
        "{'type':'array','uniqueItems':true} | uniqueItems | #",
        "{'type':'array','items':[{}]} | items | #",
        "{'type':'array','minItems':3,'maxItems':1} | minItems | #",
        "{'type':'array','contains':{}} | contains | #",
        "{'type':'strin'} | type | #",
        "{'type':'string','pattern':'(?=a)'} | pattern | #",
        "{'type':'string','pattern':'a\\\\b'} | pattern | #",
        "{'type':'string','pattern':'(a)\\\\1'} | pattern | #",
        "{'type':'string','pattern':'(a'} | pattern | #",
        "{'type':'string','format':'iri'} | format | #",
        "{'type':'string','pattern':'a','maxLength':3} | pattern | #",
        "{'type':'number','minimum':0.5} | minimum | #",
        "{'type':'number','multipleOf':0.3} | multipleOf | #",
        "{'type':'integer','multipleOf':1000} | multipleOf | #",
        "{'type':'integer','minimum':5,'maximum':4} | minimum | #",
        "{'$ref':'http://example.com/x'} | $ref | #",
        "{'$ref':'#/$defs/none'} | $ref | #",
        "{'anyOf':[{'type':'string'},{'if':{}}]} | if | #/anyOf/1",
        "{'oneOf':[{'type':'string'},{'type':'string','maxLength':3}]} | oneOf | #",
        "{'allOf':[{'type':'string'},{'type':'integer'}]} | type | #/allOf",
        "{'enum':[]} | enum | #",
        "{'enum':['a'],'type':'integer'} | enum | #",
        "{'properties':{'a':{}},'required':['b'],'additionalProperties':false} | required | #",
        "{'type':'object','minProperties':2} | minProperties | #",
        "{'$defs':{'d':{'dependentRequired':{}}},'items':{'$ref':'#/$defs/d'}}"
            + " | dependentRequired | #/$defs/d",
      })
  void namesTheKeywordThatIsNotSupportedAndItsPlace(String schema, String keyword, String path) {
    UnsupportedSchemaException refused =
        assertThrows(
            UnsupportedSchemaException.class,
            () -> JsonSchemaGrammar.of(json(schema.replace('\'', '"')), Whitespace.COMPACT));
    assertEquals(keyword, refused.keyword());
    assertEquals(path, refused.path());
    assertTrue(refused.getMessage().contains(keyword), refused.getMessage());
  }

  @Test
  void annotationsAreIgnored() {
    assertTrue(
        accepts(
            "{\"$schema\":\"s\",\"$id\":\"i\",\"title\":\"t\",\"description\":\"d\",\"default\":1,"
                + "\"examples\":[2],\"x-order\":3,\"type\":\"integer\"}",
            "7"));
  }

  @Test
  void recursiveReferencesDescribeTrees() {
    String tree =
        "{\"$ref\":\"#/$defs/node\",\"$defs\":{\"node\":{\"type\":\"object\",\"properties\":"
            + "{\"v\":{\"type\":\"integer\"},\"next\":{\"anyOf\":[{\"$ref\":\"#/$defs/node\"},"
            + "{\"type\":\"null\"}]}},\"required\":[\"v\",\"next\"],\"additionalProperties\":false}}}";
    int depth = 500;
    String deep = "{\"v\":1,\"next\":".repeat(depth) + "null" + "}".repeat(depth);
    assertTrue(accepts(tree, deep));
    assertFalse(accepts(tree, deep + "}"));
    assertFalse(accepts(tree, "{\"v\":1}"));
  }

  @Test
  void furtherPropertiesNeverRepeatAListedName() {
    String schema =
        "{\"type\":\"object\",\"properties\":{\"ab\":{\"type\":\"integer\"},\"aé\":{\"type\":"
            + "\"integer\"}},\"additionalProperties\":{\"type\":\"boolean\"}}";
    assertTrue(accepts(schema, "{\"ab\":1,\"a\":true,\"abc\":false,\"\":true,\"aè\":true}"));
    assertTrue(accepts(schema, "{\"zz\":true}"));
    assertFalse(accepts(schema, "{\"ab\":true}"));
    assertFalse(accepts(schema, "{\"x\":true,\"aé\":true}"));
    assertFalse(accepts(schema, "{\"\\u0061b\":true}"));
  }

  @Test
  void allOfMergesObjectsAndBounds() {
    String schema =
        "{\"$defs\":{\"base\":{\"type\":\"object\",\"properties\":{\"id\":{\"type\":\"integer\","
            + "\"minimum\":1}},\"required\":[\"id\"]}},\"allOf\":[{\"$ref\":\"#/$defs/base\"},"
            + "{\"properties\":{\"id\":{\"maximum\":9},\"n\":{\"type\":\"string\"}},"
            + "\"required\":[\"n\"]}]}";
    assertTrue(accepts(schema, "{\"id\":9,\"n\":\"\"}"));
    assertFalse(accepts(schema, "{\"id\":10,\"n\":\"\"}"));
    assertFalse(accepts(schema, "{\"id\":9}"));
  }

  @Test
  void oneOfIsAcceptedWhereBranchesAreProvablyDisjoint() {
    String schema =
        "{\"oneOf\":[{\"type\":\"object\",\"properties\":{\"kind\":{\"const\":\"a\"},"
            + "\"x\":{\"type\":\"integer\"}},\"required\":[\"kind\",\"x\"]},{\"type\":\"object\","
            + "\"properties\":{\"kind\":{\"enum\":[\"b\",\"c\"]}},\"required\":[\"kind\"]},"
            + "{\"type\":\"null\"}]}";
    assertTrue(accepts(schema, "{\"kind\":\"a\",\"x\":1}"));
    assertTrue(accepts(schema, "{\"kind\":\"c\"}"));
    assertTrue(accepts(schema, "null"));
    assertFalse(accepts(schema, "{\"kind\":\"a\"}"));
  }

  @Test
  void stringsHaveNoLoneSurrogatesAndCountCodePoints() {
    String schema = "{\"type\":\"string\",\"maxLength\":1}";
    assertTrue(accepts(schema, "\"\\ud83d\\ude00\""));
    assertTrue(accepts(schema, "\"😀\""));
    assertFalse(accepts(schema, "\"\\ud83d\""));
    assertFalse(accepts(schema, "\"\\ude00\""));
    assertFalse(accepts(schema, "\"ab\""));
  }

  @Test
  void hugeAndCircularSchemasAreRefusedInBoundedTime() {
    StringBuilder nested = new StringBuilder();
    nested.append("{\"items\":".repeat(400)).append("{}").append("}".repeat(400));
    StringBuilder values = new StringBuilder("{\"enum\":[0");
    for (int i = 0; i < 60_000; i++) {
      values.append(",\"value").append(i).append('"');
    }
    Set<String> schemas = new TreeSet<>();
    schemas.add(nested.toString());
    schemas.add(values.append("]}").toString());
    schemas.add("{\"$ref\":\"#\"}");
    schemas.add("{\"allOf\":[{\"$ref\":\"#\"}]}");
    schemas.add("{\"anyOf\":[{\"$ref\":\"#\"},{\"type\":\"null\"}]}");
    schemas.add(
        "{\"type\":\"object\",\"properties\":{\"a\":{\"$ref\":\"#\"}},\"required\":[\"a\"]}");
    for (String schema : schemas) {
      assertThrows(ConstraintException.class, () -> accepts(schema, "1"), schema);
    }
    String wide = "{\"type\":\"string\",\"maxLength\":1000000}";
    assertTrue(accepts(wide, "\"" + "é".repeat(5000) + "\""));
    String many = "{\"enum\":[" + values.substring(9, 60_000).replaceAll(",[^,]*$", "") + "]}";
    assertTrue(accepts(many, "\"value777\""));
  }
}
