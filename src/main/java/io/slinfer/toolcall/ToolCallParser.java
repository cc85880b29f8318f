package io.slinfer.toolcall;

import java.util.ArrayList;
import java.util.List;
import java.util.function.Supplier;

/**
 * Finds the calls of tools in an answer as its text comes in, in pieces of any size; markers must
 * be in the text also where they are control tokens. Emits text as soon as it cannot be a call's
 * beginning, arguments as they come. What begins like a call and turns out to be none is text.
 * Confined to the answer's owner.
 */
public final class ToolCallParser {

  private enum Mode {
    /** Nothing but white space so far. */
    START,
    /** Text, watching for markers. */
    TEXT,
    /** After a marker or a comma: a call or a list is to come. */
    BODY,
    /** In the name of a NAMED body. */
    NAME,
    /** In an object with name and arguments, or in the arguments of a NAMED body. */
    CALL,
    /** After a call: another, the end of the list, a closing marker, or text. */
    AFTER
  }

  private final ToolCallFormat format;
  private final Supplier<String> ids;
  private final TextBeforeMarker text;
  private final List<ToolCallEvent> events = new ArrayList<>();

  /** What was read since the last certain event: text again if it turns out to be no call. */
  private final StringBuilder sinceCertain = new StringBuilder();

  private final StringBuilder name = new StringBuilder();
  private Mode mode = Mode.START;
  private CallReader reader;
  private boolean inList;
  private boolean started;
  private int calls;

  /** Takes the source of new call ids. */
  public ToolCallParser(ToolCallFormat format, Supplier<String> ids) {
    this.format = format;
    this.ids = ids;
    text = new TextBeforeMarker(format.openings());
  }

  /** Goes on by a piece of text; the events that are certain now. */
  public List<ToolCallEvent> feed(String piece) {
    String left = piece;
    while (!left.isEmpty()) {
      left =
          switch (mode) {
            case START -> start(left);
            case TEXT -> text(left);
            case BODY -> body(left);
            case NAME -> name(left);
            case CALL -> call(left);
            case AFTER -> after(left);
          };
    }
    return takeEvents();
  }

  /** What was waiting when the answer ended; a call that is not whole ends so. */
  public List<ToolCallEvent> end() {
    if (started) {
      endCall(false);
    } else if (mode != Mode.AFTER) {
      addText(sinceCertain + text.takeAll());
    }
    sinceCertain.setLength(0);
    return takeEvents();
  }

  /** As {@link #end} of an answer that was cut: the beginning of a call is nothing. */
  public List<ToolCallEvent> cut() {
    if (!started && mode != Mode.AFTER) {
      addText(text.takeAllButMarker());
      if (mayBeCall()) {
        sinceCertain.setLength(0);
      }
    }
    return end();
  }

  /** Whether what was read since the last certain event begins a call, as far as one can see. */
  private boolean mayBeCall() {
    String read = sinceCertain.toString().replaceAll("\\s", "");
    boolean marked = !format.open().isEmpty() && read.startsWith(format.open());
    String named = (read.startsWith("[") ? "[" : "") + "{\"name\"";
    return marked || read.startsWith(named) || named.startsWith(read);
  }

  /** The number of calls that have started. */
  public int calls() {
    return calls;
  }

  private String start(String piece) {
    String all = sinceCertain + piece;
    sinceCertain.setLength(0);
    String stripped = all.stripLeading();
    if (stripped.isEmpty()) {
      sinceCertain.append(all);
      return "";
    }
    boolean opens = stripped.charAt(0) == '{' || (stripped.charAt(0) == '[' && isJson());
    mode = format.maySkipMarker() && opens ? Mode.BODY : Mode.TEXT;
    return mode == Mode.BODY ? stripped : all;
  }

  private boolean isJson() {
    return format == ToolCallFormat.JSON;
  }

  private String text(String piece) {
    text.add(piece);
    int marker = text.marker();
    if (marker < 0) {
      addText(text.takeSafe());
      return "";
    }
    addText(text.takeBefore(marker));
    String rest = text.takeAll();
    sinceCertain.append(format.open());
    mode = Mode.BODY;
    return rest.substring(format.open().length());
  }

  /** Skips white space and, of a list, its bracket. */
  private String body(String piece) {
    char c = piece.charAt(0);
    if (Character.isWhitespace(c)) {
      sinceCertain.append(c);
      return piece.substring(1);
    }
    if (format.body() == ToolCallFormat.Body.NAMED) {
      name.setLength(0);
      mode = Mode.NAME;
      return piece;
    }
    if (c == '[' && !inList && format.body() == ToolCallFormat.Body.ARRAY) {
      inList = true;
      sinceCertain.append(c);
      return piece.substring(1);
    }
    if (c != '{') {
      return notACall(piece);
    }
    reader = new CallReader(format.argumentsKey(), new Calls());
    mode = Mode.CALL;
    return piece;
  }

  /** What the reader of one call finds. */
  private final class Calls implements CallReader.Sink {
    @Override
    public void name(String name) {
      startCall(name);
    }

    @Override
    public void arguments(String fragment) {
      addArguments(fragment);
    }
  }

  /** A name ends with its marker; newer models also put a call's id before the arguments. */
  private String name(String piece) {
    sinceCertain.append(piece.charAt(0));
    name.append(piece.charAt(0));
    int end = name.indexOf(format.nameEnd());
    if (end >= 0) {
      String found = name.substring(0, end);
      int id = found.indexOf("[CALL_ID]");
      found = (id < 0 ? found : found.substring(0, id)).strip();
      if (found.isEmpty()) {
        return notACall(piece.substring(1));
      }
      startCall(found);
      reader = CallReader.ofArguments(new Calls());
      mode = Mode.CALL;
    } else if (name.length() > 256 || name.indexOf("\n") >= 0) {
      return notACall(piece.substring(1));
    }
    return piece.substring(1);
  }

  private String call(String piece) {
    boolean named = format.body() == ToolCallFormat.Body.NAMED;
    for (int i = 0; i < piece.length(); i++) {
      char c = piece.charAt(i);
      if (!started) {
        sinceCertain.append(c);
      }
      CallReader.Progress progress = reader.next(c);
      if (named && progress == CallReader.Progress.GOING_ON && reader.hasReadValue()) {
        progress = CallReader.Progress.DONE;
      }
      if (progress == CallReader.Progress.DONE) {
        endCall(true);
        return piece.substring(i + 1);
      }
      if (progress == CallReader.Progress.FAILED) {
        return failed(piece.substring(i + 1), c);
      }
    }
    return "";
  }

  private String failed(String rest, char c) {
    if (!started) {
      return notACall(rest);
    }
    endCall(false);
    return c + rest;
  }

  private String after(String piece) {
    sinceCertain.append(piece.charAt(0));
    String rest = piece.substring(1);
    String seen = sinceCertain.toString().strip();
    if (seen.isEmpty()) {
      return rest;
    }
    if (inList && (seen.equals(",") || seen.equals("]"))) {
      inList = seen.equals(",");
      mode = inList ? Mode.BODY : Mode.AFTER;
      sinceCertain.setLength(0);
      return rest;
    }
    if (!format.close().isEmpty() && format.close().startsWith(seen)) {
      if (format.close().equals(seen)) {
        sinceCertain.setLength(0);
      }
      return rest;
    }
    if (format == ToolCallFormat.LLAMA3 && (seen.equals(";") || seen.equals("{"))) {
      sinceCertain.setLength(0);
      mode = Mode.BODY;
      return seen.equals("{") ? seen + rest : rest;
    }
    String again = sinceCertain.toString();
    sinceCertain.setLength(0);
    inList = false;
    mode = Mode.TEXT;
    return again + rest;
  }

  /** What was read as a call's beginning is text; the rest is looked at again. */
  private String notACall(String rest) {
    String read = sinceCertain.toString();
    sinceCertain.setLength(0);
    inList = false;
    mode = Mode.TEXT;
    addText(read);
    return rest;
  }

  private void startCall(String called) {
    sinceCertain.setLength(0);
    started = true;
    events.add(new ToolCallEvent.CallStarted(calls++, ids.get(), called));
  }

  private void addArguments(String fragment) {
    int index = calls - 1;
    if (!events.isEmpty() && events.getLast() instanceof ToolCallEvent.ArgumentsDelta last) {
      events.removeLast();
      events.add(new ToolCallEvent.ArgumentsDelta(index, last.fragment() + fragment));
    } else {
      events.add(new ToolCallEvent.ArgumentsDelta(index, fragment));
    }
  }

  private void endCall(boolean complete) {
    started = false;
    sinceCertain.setLength(0);
    mode = Mode.AFTER;
    events.add(new ToolCallEvent.CallEnded(calls - 1, complete));
  }

  private void addText(String found) {
    if (found.isEmpty()) {
      return;
    }
    if (!events.isEmpty() && events.getLast() instanceof ToolCallEvent.Text last) {
      events.removeLast();
      events.add(new ToolCallEvent.Text(last.text() + found));
    } else {
      events.add(new ToolCallEvent.Text(found));
    }
  }

  private List<ToolCallEvent> takeEvents() {
    List<ToolCallEvent> taken = List.copyOf(events);
    events.clear();
    return taken;
  }
}
