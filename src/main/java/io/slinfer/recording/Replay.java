package io.slinfer.recording;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.BufferedReader;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.MessageDigest;
import java.util.ArrayDeque;
import java.util.Optional;
import java.util.Queue;

/**
 * Replays a recording in virtual time: the node's own objects take each input at the time it had,
 * and what they decide is compared with what was decided then, line for line.
 */
public final class Replay {

  private static final ObjectMapper JSON = new ObjectMapper();

  /** Decisions of the replay that the recording has not been compared with yet. */
  private final Queue<String> decided = new ArrayDeque<>();

  private final MessageDigest digest = Seal.digest();
  private ReplayedNode node;
  private long line;
  private long inputs;
  private long decisions;
  private JsonNode end;
  private Difference difference;

  /**
   * What came of a replay.
   *
   * @param inputs how many lines of input were taken
   * @param decisions how many decisions were the same
   * @param difference the first; empty if there is none
   * @param complete whether the recording has its end, dropped nothing and is as it was written
   * @param incomplete why it is not complete; empty if it is
   */
  public record Outcome(
      long inputs,
      long decisions,
      Optional<Difference> difference,
      boolean complete,
      String incomplete) {

    /** Whether the replay decided all that the whole run did, and nothing else. */
    public boolean equal() {
      return difference.isEmpty() && complete;
    }
  }

  /**
   * Where a replay decides otherwise.
   *
   * @param line of the file
   * @param recorded what the recording says
   * @param replayed what the replay says
   */
  public record Difference(long line, String recorded, String replayed) {}

  private Replay() {}

  /**
   * Replays a file up to the first difference.
   *
   * @throws BadRecordingException if it is no recording
   */
  public static Outcome of(Path file) throws IOException {
    return new Replay().run(file);
  }

  private Outcome run(Path file) throws IOException {
    try (BufferedReader in = Files.newBufferedReader(file)) {
      String first = in.readLine();
      line = 1;
      RecordedNode made = RecordedNode.of(parse(first == null ? "" : first));
      seal(first);
      node = new ReplayedNode(made, new Recorder(made, new Decisions()));
      for (String next = in.readLine(); next != null && difference == null; next = in.readLine()) {
        line++;
        take(next);
      }
    } finally {
      if (node != null) {
        node.close();
      }
    }
    if (difference == null && !decided.isEmpty()) {
      differ("nothing more", decided.peek());
    }
    String incomplete = incomplete();
    return new Outcome(
        inputs, decisions, Optional.ofNullable(difference), incomplete.isEmpty(), incomplete);
  }

  private String incomplete() {
    if (end == null) {
      return "it has no end";
    }
    if (end.path("dropped").asBoolean()) {
      return "writing it was too slow, so it ends before its node did";
    }
    return end.path("sha256").asText().equals(Seal.hex(digest))
        ? ""
        : "it is not as it was written";
  }

  private void seal(String text) {
    digest.update(text.getBytes(StandardCharsets.UTF_8));
    digest.update((byte) '\n');
  }

  private void take(String text) {
    JsonNode json;
    try {
      json = parse(text);
    } catch (BadRecordingException damaged) {
      differ(text, damaged.getMessage());
      return;
    }
    if (json.has("end")) {
      end = json;
      return;
    }
    seal(text);
    if (json.has("out")) {
      compare(text);
    } else if (json.has("def")) {
      node.define(json);
    } else if (!decided.isEmpty()) {
      differ(text, decided.peek());
    } else {
      takeInput(text, json);
    }
  }

  private void takeInput(String text, JsonNode json) {
    inputs++;
    try {
      node.take(json);
    } catch (RuntimeException | AssertionError impossible) {
      differ(text, "cannot follow: " + impossible.getMessage());
    }
  }

  private void compare(String recorded) {
    String replayed = decided.poll();
    if (recorded.equals(replayed)) {
      decisions++;
    } else {
      differ(recorded, replayed == null ? "no decision" : replayed);
    }
  }

  private void differ(String recorded, String replayed) {
    difference = new Difference(line, recorded, replayed);
  }

  private JsonNode parse(String text) {
    try {
      return JSON.readTree(text);
    } catch (JsonProcessingException damaged) {
      throw new BadRecordingException("line " + line + " is no JSON");
    }
  }

  /** Keeps what the replay decides. */
  private final class Decisions implements LineSink {

    @Override
    public void note(CharSequence text) {}

    @Override
    public void input(CharSequence text) {}

    @Override
    public void decision(CharSequence text) {
      decided.add(text.toString());
    }
  }
}
