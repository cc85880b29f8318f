package io.slinfer.http;

import io.slinfer.gateway.GenerationListener.Usage;
import io.slinfer.gateway.TokenText;
import io.slinfer.request.FinishReason;
import io.slinfer.toolcall.ToolCallEvent;
import java.util.List;

/**
 * Writes one answer in the form of its API. Told what happens in order - opened, texts, ended or
 * failed - it gives the frames to send, framed as the stream needs them; empty for none. An answer
 * that is not streamed is told the same, its frames are dropped, and {@link #whole} is sent.
 * Confined to the answer's event loop.
 */
public interface AnswerWriter {

  /** A device has begun with the prompt; nothing is sent yet. */
  default void started() {}

  /** The answer begins: its first text or its end is there. */
  String opened(int promptTokens, int cachedTokens);

  /** Tokens of the piece that comes next, where asked for; where nothing comes, of the end. */
  default void tokens(List<TokenText> tokens) {}

  /** A piece of the text. */
  String text(String text);

  /** A piece of the reasoning before the text; dropped where the API has no place for it. */
  default String reasoning(String text) {
    return "";
  }

  /** A part of a call of a tool; never Text. */
  default String call(ToolCallEvent part) {
    return "";
  }

  /**
   * The end.
   *
   * @param stopText the stop text that was met; null if none
   */
  String ended(FinishReason reason, String stopText, Usage usage);

  /** The end by a failure after the stream began. */
  String failed(ErrorAnswer error);

  /** What to send when there was nothing to say for a while; readers ignore it. */
  String heartbeat();

  /** The whole answer, after its end. */
  String whole();
}
