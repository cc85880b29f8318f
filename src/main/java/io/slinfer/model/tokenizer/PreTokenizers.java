package io.slinfer.model.tokenizer;

import static io.slinfer.model.tokenizer.Characters.LETTER;
import static io.slinfer.model.tokenizer.Characters.MARK;
import static io.slinfer.model.tokenizer.Characters.PUNCTUATION;

import java.util.Arrays;
import java.util.List;

/**
 * The pre-tokenizers by the names that {@code tokenizer.ggml.pre} uses. The expressions are those
 * of the models' own tokenizer files.
 */
final class PreTokenizers {

  /** The cased letters as DeepSeek's tokenizer lists them. */
  private static final String CASED_LETTERS =
      "41-5A 61-7A B5 C0-D6 D8-F6 F8-1BA 1BC-1BF 1C4-293 295-2AF 370-373 376-377 37B-37D 37F 386"
          + " 388-38A 38C 38E-3A1 3A3-3F5 3F7-481 48A-52F 531-556 10A0-10C5 13A0-13F5 13F8-13FD"
          + " 1C90-1CBA 1CBD-1CBF 1D00-1D2B 1D6B-1D77 1D79-1D9A 1E00-1F15 1F18-1F1D 1F20-1F45"
          + " 1F48-1F4D 1F50-1F57 1F59 1F5B 1F5D 1F5F-1F7D 1F80-1FB4 1FB6-1FBC 1FBE 1FC2-1FC4"
          + " 1FC6-1FCC 1FD0-1FD3 1FD6-1FDB 1FE0-1FEC 1FF2-1FF4 1FF6-1FFC 2102 2107 210A-2113 2115"
          + " 2119-211D 2124 2126 2128 212A-212D 212F-2134 2139 213C-213F 2145-2149 214E 2183-2184"
          + " 2C00-2C7B 2C7E-2CE4 2CEB-2CEE 2CF2-2CF3 A640-A66D A680-A69B A722-A76F A771-A787"
          + " A78B-A78E AB70-ABBF FB00-FB06 FB13-FB17 FF21-FF3A FF41-FF5A 10400-1044F 104B0-104D3"
          + " 104D8-104FB 10C80-10CB2 10CC0-10CF2 118A0-118DF 1E900-1E943";

  /** {@code !-/:-~}, their full-width forms, quotation marks and CJK stops. */
  private static final String DEEPSEEK_PUNCTUATION =
      "21-2F 3A-7E 2018-201F 3000-3002 FF01-FF0F FF1A-FF5E";

  /** {@code [一-龥ࠀ-一가-퟿]}. */
  private static final String DEEPSEEK_CJK = "800-9FA5 AC00-D7FF";

  /** {@code [一-龥぀-ゟ゠-ヿ]}. */
  private static final String DEEPSEEK_V3_CJK = "3040-30FF 4E00-9FA5";

  private PreTokenizers() {}

  /**
   * The family of a name.
   *
   * @throws VocabularyException if the name is unknown
   */
  static Family named(String name) {
    return switch (name) {
      case "gpt-2",
          "phi-2",
          "mpt",
          "olmo",
          "jais",
          "trillion",
          "granite-docling",
          "gigachat",
          "a.x-4.0",
          "mellum",
          "exaone4",
          "modern-bert",
          "jina-es",
          "jina-de",
          "jina-v2-es",
          "jina-v2-de" ->
          Family.GPT2;
      case "starcoder",
          "refact",
          "command-r",
          "smollm",
          "codeshell",
          "exaone",
          "minerva-7b",
          "mellum2" ->
          Family.STARCODER;
      case "llama3",
          "llama-v3",
          "llama-bpe",
          "falcon3",
          "falcon-h1",
          "pixtral",
          "midm-2.0",
          "lfm2",
          "jina-v5-nano" ->
          Family.LLAMA3;
      case "dbrx", "smaug-bpe", "glm4", "chatglm-bpe" -> Family.DBRX;
      case "qwen2",
          "deepseek-r1-qwen",
          "stablelm2",
          "megrez",
          "hunyuan",
          "solar-open",
          "grok-2",
          "kormo",
          "f2llmv2",
          "bailingmoe",
          "bailingmoe2",
          "llada-moe" ->
          Family.QWEN2;
      case "qwen35" -> Family.QWEN35;
      case "seed-coder" -> Family.SEED_CODER;
      case "minicpm5" -> Family.MINICPM5;
      case "gpt-4o", "llama4", "kanana2", "minimax-m2", "talkie" -> Family.GPT4O;
      case "tekken" -> Family.TEKKEN;
      case "deepseek-llm" -> Family.DEEPSEEK_LLM;
      case "deepseek-coder" -> Family.DEEPSEEK_CODER;
      case "deepseek-v3", "hunyuan-dense", "joyai-llm", "hy_v4" -> Family.DEEPSEEK_V3;
      case "falcon" -> Family.FALCON;
      case "poro-chat", "bloom", "gpt3-finnish" -> Family.BLOOM;
      case "viking" -> Family.VIKING;
      case "default" -> Family.DEFAULT;
      default ->
          throw new VocabularyException(
              "tokenizer.ggml.pre",
              "pre-tokenizer '"
                  + name
                  + "' is not supported; families known: "
                  + Arrays.toString(Family.values()));
    };
  }

  /** The names that split alike. */
  enum Family {
    GPT2(PieceRules::gpt2),
    STARCODER(PieceRules.numbers(1), PieceRules::gpt2),
    LLAMA3(new PieceRules.Cl100k(true, LETTER, 3, true)),
    DBRX(new PieceRules.Cl100k(true, LETTER, 3, true)),
    QWEN2(new PieceRules.Cl100k(true, LETTER, 1, true)),
    QWEN35(new PieceRules.Cl100k(true, LETTER | MARK, 1, true)),
    SEED_CODER(new PieceRules.Cl100k(true, LETTER, 1, false)),
    MINICPM5(
        PieceRules.numbers(3), new PieceRules.Cl100k(true, LETTER, PieceRules.ANY_COUNT, true)),
    GPT4O(new PieceRules.O200k(true, 3)),
    TEKKEN(new PieceRules.O200k(false, 1)),
    DEEPSEEK_LLM(
        PieceRules::lineEnd,
        PieceRules.spaceAndRun(PieceRules.run(CharacterSet.ofRanges(CASED_LETTERS))),
        PieceRules.spaceAndRun(PieceRules.run(CharacterSet.ofRanges(DEEPSEEK_PUNCTUATION))),
        new PieceRules.TrailingSpace(),
        PieceRules.run(CharacterSet.ofRanges(DEEPSEEK_CJK)),
        PieceRules.numbers(PieceRules.ANY_COUNT)),
    DEEPSEEK_CODER(
        PieceRules::lineEnd,
        PieceRules.spaceAndRun(PieceRules.run(LETTER)),
        PieceRules.spaceAndRun(PieceRules.run(PUNCTUATION)),
        PieceRules.run(CharacterSet.ofRanges(DEEPSEEK_CJK)),
        PieceRules.numbers(1)),
    DEEPSEEK_V3(
        PieceRules.numbers(3),
        PieceRules.run(CharacterSet.ofRanges(DEEPSEEK_V3_CJK)),
        PieceRules::deepseekV3),
    FALCON(PieceRules.punctuation("$+<=>^~|`"), PieceRules::gpt2, PieceRules::threeDigits),
    BLOOM(PieceRules::untilSentenceMark),
    VIKING(PieceRules::untilSentenceMark, PieceRules.numbers(1)),
    /** What files without a name get: the guess that llama.cpp made before there were names. */
    DEFAULT(
        PieceRules.punctuation("$+<=>^~|"),
        PieceRules::gpt2,
        PieceRules.numbers(PieceRules.ANY_COUNT),
        PieceRules::threeDigits);

    private final PreTokenizer preTokenizer;

    Family(PieceRule... rules) {
      preTokenizer = new PreTokenizer(List.of(rules));
    }

    PreTokenizer preTokenizer() {
      return preTokenizer;
    }

    /** Whether a piece that is a token as a whole becomes that token without any merge. */
    boolean takesWholePieces() {
      return this == LLAMA3 || this == TEKKEN || this == MINICPM5;
    }

    /** Whether BOS is added where the file does not say. */
    boolean addsBegin() {
      return this == LLAMA3 || this == TEKKEN;
    }
  }
}
