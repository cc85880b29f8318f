package io.slinfer.trace;

import com.fasterxml.jackson.annotation.JsonIgnoreProperties;
import com.fasterxml.jackson.annotation.JsonProperty;
import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.ObjectMapper;
import io.slinfer.trace.Trace.Arrival;
import java.io.BufferedReader;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.time.LocalDateTime;
import java.time.format.DateTimeFormatter;
import java.time.format.DateTimeFormatterBuilder;
import java.time.format.DateTimeParseException;
import java.time.temporal.ChronoField;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;

/**
 * Reads traces: the JSON of the SLINFER paper's artifact (a list of functions with parallel arrays
 * of seconds and tokens) and the CSV of the Azure LLM inference traces (one service's arrivals).
 * Every error names the file and the place in it.
 */
public final class TraceFile {

  /** Of 2023 without an offset from UTC, of 2024 with one, the same in all lines. */
  private static final DateTimeFormatter AZURE_TIME =
      new DateTimeFormatterBuilder()
          .appendPattern("yyyy-MM-dd HH:mm:ss")
          .appendFraction(ChronoField.NANO_OF_SECOND, 0, 9, true)
          .appendPattern("[XXX]")
          .toFormatter(Locale.ROOT);

  private static final String AZURE_COLUMNS = "TIMESTAMP,ContextTokens,GeneratedTokens";

  @JsonIgnoreProperties(ignoreUnknown = true)
  private record Function(
      @JsonProperty("timestamps") double[] seconds, int[] input, int[] output) {}

  private TraceFile() {}

  /**
   * Reads a file by its ending, {@code .json} or {@code .csv}.
   *
   * @param spread a CSV holds one service's arrivals: they are dealt out in turn to this many
   *     models
   */
  public static Trace read(Path file, int spread) throws IOException {
    if (!Files.isRegularFile(file)) {
      throw new IOException("no such trace: " + file);
    }
    try {
      return file.toString().endsWith(".csv") ? readCsv(file, spread) : readJson(file);
    } catch (IllegalArgumentException invalid) {
      throw new IOException(file + ": " + invalid.getMessage(), invalid);
    }
  }

  private static Trace readJson(Path file) throws IOException {
    Function[] functions;
    try {
      functions = new ObjectMapper().readValue(file.toFile(), Function[].class);
    } catch (JsonProcessingException malformed) {
      throw new IOException(file + ": " + malformed.getOriginalMessage(), malformed);
    }
    List<List<Arrival>> models = new ArrayList<>();
    for (Function function : functions) {
      models.add(arrivals(file, models.size(), function));
    }
    return new Trace(models);
  }

  private static List<Arrival> arrivals(Path file, int model, Function function)
      throws IOException {
    int count = function.seconds() == null ? -1 : function.seconds().length;
    if (count < 0
        || function.input() == null
        || function.output() == null
        || function.input().length != count
        || function.output().length != count) {
      throw new IOException(
          file + ": function " + model + " needs timestamps, input and output of one length");
    }
    List<Arrival> arrivals = new ArrayList<>(count);
    for (int i = 0; i < count; i++) {
      long atNanos = Math.round(function.seconds()[i] * 1e9);
      arrivals.add(new Arrival(model, atNanos, function.input()[i], function.output()[i]));
    }
    return arrivals;
  }

  private static Trace readCsv(Path file, int spread) throws IOException {
    List<List<Arrival>> models = new ArrayList<>();
    for (int i = 0; i < spread; i++) {
      models.add(new ArrayList<>());
    }
    LocalDateTime first = null;
    int line = 0;
    try (BufferedReader reader = Files.newBufferedReader(file)) {
      for (String text = reader.readLine(); text != null; text = reader.readLine()) {
        line++;
        if (line == 1 && !text.strip().equals(AZURE_COLUMNS)) {
          throw new IllegalArgumentException("columns are " + text + "; want " + AZURE_COLUMNS);
        }
        if (line == 1 || text.isBlank()) {
          continue;
        }
        String[] columns = text.split(",", -1);
        LocalDateTime time = LocalDateTime.parse(columns[0].trim(), AZURE_TIME);
        first = first == null ? time : first;
        int model = (line - 2) % spread;
        long atNanos = Duration.between(first, time).toNanos();
        models.get(model).add(new Arrival(model, atNanos, tokens(columns, 1), tokens(columns, 2)));
      }
    } catch (DateTimeParseException | IllegalArgumentException invalid) {
      throw new IOException(file + ": line " + line + ": " + invalid.getMessage(), invalid);
    }
    if (first == null) {
      throw new IOException(file + ": has no arrivals");
    }
    return new Trace(models);
  }

  private static int tokens(String[] columns, int index) {
    if (index >= columns.length) {
      throw new IllegalArgumentException("column " + (index + 1) + " is missing");
    }
    try {
      return Integer.parseInt(columns[index].trim());
    } catch (NumberFormatException malformed) {
      throw new IllegalArgumentException(
          "column " + (index + 1) + " is " + columns[index] + "; want a count of tokens",
          malformed);
    }
  }
}
