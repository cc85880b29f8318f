package io.slinfer.load;

import java.util.Locale;

/**
 * When a call counts as served in time: it completed and kept every limit.
 *
 * @param timeToFirstTokenSeconds limit; 0 means by prompt length, max(prompt / 512, 0.5)
 * @param timePerOutputTokenSeconds limit on the mean after the first token
 * @param endToEndSeconds limit; infinite means none
 */
public record LoadSlo(
    double timeToFirstTokenSeconds, double timePerOutputTokenSeconds, double endToEndSeconds) {

  /** The promise of the SLINFER paper: max(prompt / 512, 0.5) s, then 0.25 s a token. */
  public static final LoadSlo DEFAULT = new LoadSlo(0, 0.25, Double.POSITIVE_INFINITY);

  /** Reads {@code ttft:500,tpot:100,e2el:20000}, milliseconds; what is not named has no limit. */
  public static LoadSlo parse(String text) {
    double[] limits = {
      Double.POSITIVE_INFINITY, Double.POSITIVE_INFINITY, Double.POSITIVE_INFINITY
    };
    for (String part : text.trim().split("[,\\s]+")) {
      String[] pair = part.split(":", 2);
      int index =
          switch (pair[0].toLowerCase(Locale.ROOT)) {
            case "ttft" -> 0;
            case "tpot" -> 1;
            case "e2el" -> 2;
            default -> -1;
          };
      double millis = index < 0 || pair.length < 2 ? Double.NaN : parseMillis(pair[1]);
      if (!(millis > 0)) {
        throw new IllegalArgumentException(
            "goodput is \"" + text + "\"; allowed: ttft:MS, tpot:MS, e2el:MS, separated by commas");
      }
      limits[index] = millis / 1000;
    }
    return new LoadSlo(limits[0], limits[1], limits[2]);
  }

  /** Whether the call was served in time. A refused or failed one was not. */
  public boolean met(CallRecord record) {
    double first =
        timeToFirstTokenSeconds == 0
            ? Math.max(record.call().promptTokens() / 512.0, 0.5)
            : timeToFirstTokenSeconds;
    return record.outcome() == CallRecord.Outcome.COMPLETED
        && record.timeToFirstTokenSeconds() <= first
        && record.timePerOutputTokenSeconds() <= timePerOutputTokenSeconds
        && record.endToEndSeconds() <= endToEndSeconds;
  }

  private static double parseMillis(String text) {
    try {
      return Double.parseDouble(text);
    } catch (NumberFormatException notANumber) {
      return Double.NaN;
    }
  }
}
