package io.slinfer.model.tokenizer;

import io.slinfer.model.gguf.GgufMetadata;
import java.util.BitSet;
import java.util.Locale;
import java.util.Set;

/** Makes the tokenizer that a file's metadata describe (GGUF specification, section tokenizer). */
public final class Tokenizers {

  private static final String MODEL = "tokenizer.ggml.model";
  private static final String BYTE_LEVEL = "gpt2";
  private static final String SENTENCE_PIECE = "llama";
  private static final String PRE = "tokenizer.ggml.pre";

  /** Tokens of Phi-3 that do not swallow the white space after them, as all others do. */
  private static final Set<String> PHI3_KEEPS_SPACE = Set.of("<unk>", "<s>", "<|endoftext|>");

  private Tokenizers() {}

  /**
   * The tokenizer of a file. A byte-level vocabulary without a pre-tokenizer's name gets the one
   * called {@code default}. Takes about a second for the largest vocabularies on a cold JVM.
   *
   * @throws VocabularyException if the vocabulary is of a kind that is not supported or lacks
   *     something; the message names the key
   * @throws IllegalArgumentException if a key has a value of the wrong kind
   */
  public static Tokenizer of(GgufMetadata metadata) {
    TokenizerKeys keys = new TokenizerKeys(metadata);
    return model(metadata).equals(BYTE_LEVEL) ? byteLevel(keys) : sentencePiece(keys);
  }

  /** One of the two kinds that are supported. */
  private static String model(GgufMetadata metadata) {
    String model =
        metadata
            .string(MODEL)
            .orElseThrow(
                () -> new VocabularyException(MODEL, "is absent: the file has no tokenizer"));
    if (!model.equals(BYTE_LEVEL) && !model.equals(SENTENCE_PIECE)) {
      throw new VocabularyException(
          MODEL,
          "'"
              + model
              + "' is not supported; allowed: gpt2 (byte-level BPE), llama"
              + " (SentencePiece)");
    }
    return model;
  }

  /**
   * Whether {@link #of} will make a tokenizer, as far as that shows without making one: the kinds
   * are supported and the lists there. Costs well under a millisecond.
   *
   * @throws VocabularyException as {@link #of}
   * @throws IllegalArgumentException if a key has a value of the wrong kind
   */
  public static void check(GgufMetadata metadata) {
    TokenizerKeys keys = new TokenizerKeys(metadata);
    String model = model(metadata);
    int tokens = keys.tokens().size();
    keys.kinds(tokens);
    if (model.equals(BYTE_LEVEL)) {
      PreTokenizers.named(metadata.string(PRE).orElse("default"));
      keys.merges();
    } else {
      keys.scores(tokens);
    }
  }

  private static Tokenizer byteLevel(TokenizerKeys keys) {
    PreTokenizers.Family family =
        PreTokenizers.named(keys.metadata().string(PRE).orElse("default"));
    Vocabulary vocabulary = new Vocabulary(keys);
    int begin = keys.id("bos", -1, vocabulary.size());
    int end = keys.id("eos", -1, vocabulary.size());
    boolean addBegin = keys.flag("add_bos_token", family.addsBegin());
    return new SubwordTokenizer(
        vocabulary,
        new ByteLevelBpe(family, vocabulary, keys),
        rules(vocabulary, keys, begin, end, addBegin));
  }

  private static Tokenizer sentencePiece(TokenizerKeys keys) {
    Vocabulary vocabulary = new Vocabulary(keys);
    int begin = keys.id("bos", 1, vocabulary.size());
    int end = keys.id("eos", 2, vocabulary.size());
    boolean addBegin = keys.flag("add_bos_token", true);
    SubwordTokenizer.SpecialRules rules = rules(vocabulary, keys, begin, end, addBegin);
    if (isPhi3(keys.metadata())) {
      rules.swallowSpace().or(phi3SpaceSwallowers(vocabulary));
    }
    return new SubwordTokenizer(vocabulary, new SentencePiece(vocabulary, keys), rules);
  }

  private static SubwordTokenizer.SpecialRules rules(
      Vocabulary vocabulary, TokenizerKeys keys, int begin, int end, boolean addBegin) {
    boolean addEnd = keys.flag("add_eos_token", false);
    requireId(addBegin, begin, "bos");
    requireId(addEnd, end, "eos");
    return new SubwordTokenizer.SpecialRules(
        begin, end, addBegin, addEnd, EndTokens.of(vocabulary, keys), new BitSet());
  }

  private static void requireId(boolean added, int id, String role) {
    if (added && id < 0) {
      throw new VocabularyException(
          "tokenizer.ggml." + role + "_token_id",
          "is absent or outside the vocabulary, yet the model adds it to every text");
    }
  }

  private static boolean isPhi3(GgufMetadata metadata) {
    String name = metadata.string("general.name").orElse("").toLowerCase(Locale.ROOT);
    return metadata.string("general.architecture").orElse("").equals("phi3")
        || name.contains("phi3")
        || name.contains("phi-3");
  }

  /** GGUF has no field for this property of Phi-3's special tokens. */
  private static BitSet phi3SpaceSwallowers(Vocabulary vocabulary) {
    BitSet swallowers = new BitSet();
    for (int token = 0; token < vocabulary.size(); token++) {
      TokenKind kind = vocabulary.kind(token);
      if ((kind.isHidden() || kind == TokenKind.USER_DEFINED)
          && !PHI3_KEEPS_SPACE.contains(vocabulary.text(token))) {
        swallowers.set(token);
      }
    }
    return swallowers;
  }
}
