package io.slinfer.model.chat;

import io.slinfer.model.chat.Token.Kind;
import java.util.ArrayList;
import java.util.List;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * Splits a template into tokens and does the white space control: {@code trim_blocks} (a block tag
 * or comment swallows the newline after it), {@code lstrip_blocks} (and the white space that leads
 * its line), {@code -} and {@code +} signs, and no newline at the end of the source. Confined to
 * one compilation.
 */
final class TemplateLexer {

  private static final Pattern RAW_BEGIN =
      Pattern.compile("\\{%([-+]?)\\s*raw\\s*(-%\\}\\s*|%\\})");
  private static final Pattern RAW_END =
      Pattern.compile("\\{%([-+]?)\\s*endraw\\s*(?:\\+%\\}|-%\\}\\s*|%\\}\\n?)");
  private static final Pattern COMMENT_END = Pattern.compile("\\+#\\}|-#\\}\\s*|#\\}\\n?");
  private static final Pattern BLOCK_END = Pattern.compile("\\+%\\}|-%\\}\\s*|%\\}\\n?");
  private static final Pattern VARIABLE_END = Pattern.compile("-\\}\\}\\s*|\\}\\}");
  private static final Pattern FLOAT =
      Pattern.compile(
          "(?:\\d+_)*\\d+(?:(?:\\.(?:\\d+_)*\\d+)?[eE][+-]?(?:\\d+_)*\\d+|\\.(?:\\d+_)*\\d+)");
  private static final Pattern INTEGER =
      Pattern.compile(
          "0[bB](?:_?[01])+|0[oO](?:_?[0-7])+|0[xX](?:_?[0-9a-fA-F])+|[1-9](?:_?\\d)*|0(?:_?0)*");
  private static final Pattern OPERATOR =
      Pattern.compile("//|\\*\\*|==|!=|>=|<=|[-+/*%~\\[\\](){}><=.:|,;]");

  private final String source;
  private final List<Token> tokens = new ArrayList<>();
  private int position;
  private int countedTo;
  private int line = 1;

  /** Whether what comes next starts a line, as far as the last tag tells. */
  private boolean lineStarting = true;

  private TemplateLexer(String source) {
    String unix = source.replace("\r\n", "\n").replace('\r', '\n');
    this.source = unix.endsWith("\n") ? unix.substring(0, unix.length() - 1) : unix;
  }

  static List<Token> tokens(String source) {
    return new TemplateLexer(source).run();
  }

  private List<Token> run() {
    while (position < source.length()) {
      int tag = nextTag();
      if (tag < 0) {
        data(source.substring(position));
        position = source.length();
        break;
      }
      Matcher raw = matcher(RAW_BEGIN, tag);
      char kind = source.charAt(tag + 1);
      String sign = signAt(tag + 2);
      data(stripped(source.substring(position, tag), sign, kind == '{'));
      if (kind == '%' && raw.lookingAt()) {
        raw(raw);
      } else {
        position = tag + 2 + sign.length();
        switch (kind) {
          case '#' -> comment();
          case '%' -> tag(Kind.BLOCK_BEGIN, Kind.BLOCK_END, BLOCK_END);
          default -> tag(Kind.VARIABLE_BEGIN, Kind.VARIABLE_END, VARIABLE_END);
        }
      }
      lineStarting = source.charAt(position - 1) == '\n';
    }
    add(Kind.END, "");
    return tokens;
  }

  private int nextTag() {
    for (int i = source.indexOf('{', position); i >= 0; i = source.indexOf('{', i + 1)) {
      if (i + 1 < source.length() && "{%#".indexOf(source.charAt(i + 1)) >= 0) {
        return i;
      }
    }
    return -1;
  }

  private String signAt(int at) {
    boolean signed = at < source.length() && "-+".indexOf(source.charAt(at)) >= 0;
    return signed ? source.substring(at, at + 1) : "";
  }

  /** The text before a tag after what the tag's sign and place do to it. */
  private String stripped(String text, String sign, boolean variable) {
    if (sign.equals("-")) {
      return text.substring(0, CodePoints.trailingSpace(text));
    }
    if (sign.equals("+") || variable) {
      return text;
    }
    int lineStart = text.lastIndexOf('\n') + 1;
    boolean ownLine = lineStart > 0 || lineStarting;
    return ownLine && CodePoints.leadingSpace(text, lineStart) == text.length()
        ? text.substring(0, lineStart)
        : text;
  }

  private void raw(Matcher begin) {
    position = begin.end();
    lineStarting = source.charAt(position - 1) == '\n';
    Matcher end = matcher(RAW_END, position);
    if (!end.find()) {
      throw error("Missing end of raw directive");
    }
    data(stripped(source.substring(position, end.start()), end.group(1), false));
    position = end.end();
  }

  private void comment() {
    Matcher end = matcher(COMMENT_END, position);
    if (!end.find()) {
      throw error("Missing end of comment tag");
    }
    position = end.end();
  }

  private void tag(Kind begin, Kind end, Pattern endPattern) {
    add(begin, "");
    StringBuilder open = new StringBuilder();
    while (true) {
      position = CodePoints.leadingSpace(source, position);
      if (position >= source.length()) {
        throw error(
            open.isEmpty()
                ? "unexpected end of template, expected "
                    + (end == Kind.BLOCK_END ? "'%}'" : "'}}'")
                : "unexpected end of template, '"
                    + open.charAt(open.length() - 1)
                    + "' not closed");
      }
      Matcher closing = matcher(endPattern, position);
      if (open.isEmpty() && closing.lookingAt()) {
        add(end, "");
        position = closing.end();
        return;
      }
      token(open);
    }
  }

  private void token(StringBuilder open) {
    char first = source.charAt(position);
    if (Character.isDigit(first)) {
      number();
    } else if (isNamePart(source.codePointAt(position))) {
      int start = position;
      while (position < source.length() && isNamePart(source.codePointAt(position))) {
        position += Character.charCount(source.codePointAt(position));
      }
      add(Kind.NAME, source.substring(start, position));
    } else if (first == '\'' || first == '"') {
      string(first);
    } else {
      operator(open);
    }
  }

  private static boolean isNamePart(int point) {
    return point == '_'
        || Character.isLetterOrDigit(point)
        || Character.isUnicodeIdentifierPart(point) && point > 0x7f;
  }

  private void number() {
    boolean afterDot = position > 0 && source.charAt(position - 1) == '.';
    Matcher real = matcher(FLOAT, position);
    Matcher whole = matcher(INTEGER, position);
    if (!afterDot && real.lookingAt()) {
      add(Kind.FLOAT, real.group().replace("_", ""));
      position = real.end();
    } else if (whole.lookingAt()) {
      add(Kind.INTEGER, whole.group().replace("_", ""));
      position = whole.end();
    } else {
      throw error("'" + source.charAt(position) + "' starts no number");
    }
  }

  private void string(char quote) {
    int end = position + 1;
    while (end < source.length() && source.charAt(end) != quote) {
      end += source.charAt(end) == '\\' ? 2 : 1;
    }
    if (end >= source.length()) {
      throw error("a string is not closed");
    }
    add(Kind.STRING, StringEscapes.decode(source.substring(position + 1, end), lineHere()));
    position = end + 1;
  }

  private void operator(StringBuilder open) {
    Matcher operator = matcher(OPERATOR, position);
    if (!operator.lookingAt()) {
      throw error("unexpected char '" + Character.toString(source.codePointAt(position)) + "'");
    }
    char first = source.charAt(position);
    switch (first) {
      case '(', '[', '{' -> open.append(first == '(' ? ')' : first == '[' ? ']' : '}');
      case ')', ']', '}' -> {
        if (open.isEmpty()) {
          throw error("unexpected '" + first + "'");
        }
        char expected = open.charAt(open.length() - 1);
        if (expected != first) {
          throw error("unexpected '" + first + "', expected '" + expected + "'");
        }
        open.setLength(open.length() - 1);
      }
      default -> {
        // other operators open and close nothing
      }
    }
    add(Kind.OPERATOR, operator.group());
    position = operator.end();
  }

  private Matcher matcher(Pattern pattern, int from) {
    return pattern.matcher(source).region(from, source.length());
  }

  private void data(String text) {
    if (!text.isEmpty()) {
      add(Kind.DATA, text);
    }
  }

  private void add(Kind kind, String text) {
    tokens.add(new Token(kind, text, lineHere()));
  }

  private int lineHere() {
    for (; countedTo < position; countedTo++) {
      if (source.charAt(countedTo) == '\n') {
        line++;
      }
    }
    return line;
  }

  private ChatTemplateException error(String message) {
    return ChatTemplateException.syntax(lineHere(), message);
  }
}
