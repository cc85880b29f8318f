package io.slinfer.http;

import com.fasterxml.jackson.databind.JsonNode;

/**
 * Another API's way to ask for one answer of a model: how its requests become a call, how answers
 * and errors are written. Stateless; safe for any thread.
 */
public interface ChatDialect {

  /** Names the answers: {@code msg_}, {@code resp_}. */
  String idPrefix();

  /**
   * The call that a request asks for, with one choice.
   *
   * @throws BadRequest naming the field as this API knows it
   */
  GenerationCall read(JsonNode body);

  /** The media type of a streamed answer. */
  String streamType();

  /** The writer of one answer. */
  AnswerWriter writer(JsonNode body, Heading heading);

  /** The body of an error that is the whole answer. */
  String error(ErrorAnswer error);

  /**
   * What is known of an answer before it begins.
   *
   * @param arrivalNanos on System.nanoTime's clock
   */
  record Heading(String id, long createdMillis, long arrivalNanos, String model) {}
}
