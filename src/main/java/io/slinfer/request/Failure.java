package io.slinfer.request;

/**
 * Why a request was not served, by kind; only {@code http} maps a kind to a status. Expected
 * refusals are values of this type, exceptions are for bugs and broken devices.
 */
public sealed interface Failure {

  /** One sentence for the caller: what, which value, what is allowed. */
  String message();

  /** Why, in one word: for metrics and logs. */
  default String reasonWord() {
    return switch (this) {
      case Invalid invalid -> invalid.code() == null ? "invalid" : invalid.code();
      case NotFound _ -> "not_found";
      case Overloaded overloaded -> overloaded.reason();
      case Unattainable _ -> "deadline_impossible";
      case Unavailable unavailable -> unavailable.reason();
      case Cancelled _ -> "cancelled";
      case Internal _ -> "internal";
    };
  }

  /**
   * The request itself is wrong (400).
   *
   * @param field the offending field's path, such as {@code messages[1].role}; null if none
   * @param code a stable word such as {@code context_length_exceeded}; null if none
   */
  record Invalid(String message, String field, String code) implements Failure {}

  /** The thing named does not exist (404). */
  record NotFound(String message, String field, String code) implements Failure {}

  /**
   * Too much work for now (429): trying again after the time given makes sense.
   *
   * @param reason a stable word for metrics, such as {@code queue_full}
   * @param limitRequests how many requests may wait at once; none of these places is left
   * @param retryAfterMillis when a place is likely to be free
   * @param resetMillis when all places are likely to be free
   */
  record Overloaded(
      String message, String reason, int limitRequests, long retryAfterMillis, long resetMillis)
      implements Failure {}

  /** Would be late even on an idle device (429): trying again makes no sense. */
  record Unattainable(String message) implements Failure {}

  /**
   * Cannot be served here now (503): the model does not load, the node drains.
   *
   * @param reason a stable word for metrics and {@code code}, such as {@code model_loading}
   */
  record Unavailable(String message, String reason, long retryAfterMillis) implements Failure {}

  /** The caller went away. */
  record Cancelled(String message) implements Failure {}

  /** A defect or a broken device (500). */
  record Internal(String message) implements Failure {}
}
