package io.slinfer.model.tokenizer;

import java.util.BitSet;
import java.util.List;

/**
 * Which tokens end a generation: those the file names (EOS, EOT, EOM), and those that are known by
 * their written form to end a turn, since files often name only one of several.
 */
final class EndTokens {

  /** Written forms that end a turn or a text in the models that have them. */
  static final List<String> NAMES =
      List.of(
          "<|eot_id|>",
          "<|eom_id|>",
          "<|im_end|>",
          "<|end|>",
          "<|return|>",
          "<|call|>",
          "<|calls|>",
          "<|flush|>",
          "<end_of_turn>",
          "<|endoftext|>",
          "<|end_of_text|>",
          "</s>",
          "<eos>",
          "<EOT>",
          "_<EOT>",
          "[EOT]",
          "[EOS]",
          "<end_of_utterance>",
          "<｜end▁of▁sentence｜>",
          "[e~[");

  /** Marks of code models after which another file or nothing follows. */
  private static final List<String> FILE_MARKS =
      List.of(
          "<|fim_pad|>",
          "<fim-pad>",
          "<fim_pad>",
          "<|fim_repo|>",
          "<fim-repo>",
          "<|repo_name|>",
          "<reponame>",
          "<|file_sep|>");

  private static final List<String> ROLES =
      List.of("eos", "eot", "eom", "fim_pad", "fim_rep", "fim_sep");

  private EndTokens() {}

  static BitSet of(Vocabulary vocabulary, TokenizerKeys keys) {
    BitSet ends = new BitSet(vocabulary.size());
    NAMES.forEach(name -> add(ends, vocabulary.index().find(name)));
    FILE_MARKS.forEach(name -> add(ends, vocabulary.index().find(name)));
    if (endsMessagesOnly(vocabulary.index())) {
      ends.clear(vocabulary.index().find("<|end|>"));
    }
    ROLES.forEach(role -> add(ends, keys.id(role, -1, vocabulary.size())));
    return ends;
  }

  /** In the harmony format {@code <|end|>} ends a message; the turn goes on with the next one. */
  private static boolean endsMessagesOnly(TokenIndex index) {
    boolean call = index.find("<|call|>") >= 0 || index.find("<|calls|>") >= 0;
    boolean end = index.find("<|return|>") >= 0 || index.find("<|flush|>") >= 0;
    return call && end && index.find("<|end|>") >= 0;
  }

  private static void add(BitSet ends, int token) {
    if (token >= 0) {
      ends.set(token);
    }
  }
}
