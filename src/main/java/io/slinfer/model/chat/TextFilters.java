package io.slinfer.model.chat;

import java.net.URLEncoder;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/** Filters that make a text. */
final class TextFilters {

  private static final Pattern WORD_BORDER = Pattern.compile("[-\\s({\\[<]+");
  private static final Pattern WORD = Pattern.compile("\\w+", Pattern.UNICODE_CHARACTER_CLASS);
  private static final Pattern TAG = Pattern.compile("<!--.*?-->|<[^>]*>", Pattern.DOTALL);

  private TextFilters() {}

  static Map<String, Filters.Filter> all() {
    return Map.ofEntries(
        Map.entry("string", (value, arguments, budget) -> PythonText.str(value, budget)),
        Map.entry("safe", (value, arguments, budget) -> PythonText.str(value, budget)),
        Map.entry("escape", (value, arguments, budget) -> escaped(value, budget)),
        Map.entry("e", (value, arguments, budget) -> escaped(value, budget)),
        Map.entry("forceescape", (value, arguments, budget) -> escaped(value, budget)),
        Map.entry(
            "upper", (value, arguments, budget) -> text(value, budget).toUpperCase(Locale.ROOT)),
        Map.entry(
            "lower", (value, arguments, budget) -> text(value, budget).toLowerCase(Locale.ROOT)),
        Map.entry(
            "capitalize",
            (value, arguments, budget) -> StringShapes.capitalized(text(value, budget))),
        Map.entry("title", (value, arguments, budget) -> titled(text(value, budget))),
        Map.entry("trim", TextFilters::trim),
        Map.entry("replace", TextFilters::replace),
        Map.entry("join", TextFilters::join),
        Map.entry("indent", TextFilters::indent),
        Map.entry("center", TextFilters::center),
        Map.entry("truncate", TextFilters::truncate),
        Map.entry("format", TextFilters::format),
        Map.entry("striptags", (value, arguments, budget) -> withoutTags(text(value, budget))),
        Map.entry("urlencode", (value, arguments, budget) -> urlEncoded(value, budget)),
        Map.entry(
            "wordcount",
            (value, arguments, budget) -> WORD.matcher(text(value, budget)).results().count()));
  }

  private static String text(Object value, Budget budget) {
    String text = PythonText.str(value, budget);
    budget.spendText(text.length());
    return text;
  }

  private static String escaped(Object value, Budget budget) {
    return text(value, budget)
        .replace("&", "&amp;")
        .replace(">", "&gt;")
        .replace("<", "&lt;")
        .replace("'", "&#39;")
        .replace("\"", "&#34;");
  }

  private static String titled(String text) {
    StringBuilder out = new StringBuilder(text.length());
    Matcher border = WORD_BORDER.matcher(text);
    int start = 0;
    while (border.find()) {
      out.append(StringShapes.capitalized(text.substring(start, border.start())));
      out.append(border.group());
      start = border.end();
    }
    return out.append(StringShapes.capitalized(text.substring(start))).toString();
  }

  private static Object trim(Object value, Arguments arguments, Budget budget) {
    String characters = arguments.bind("trim", "chars").text(0, null);
    return CodePoints.strip(text(value, budget), characters, true, true);
  }

  private static Object replace(Object value, Arguments arguments, Budget budget) {
    Arguments.Bound bound = arguments.bind("replace", "old", "new", "count");
    return StringMethods.replaced(
        text(value, budget),
        PythonText.str(bound.required(0), budget),
        PythonText.str(bound.required(1), budget),
        bound.integer(2, -1),
        budget);
  }

  private static Object join(Object value, Arguments arguments, Budget budget) {
    Arguments.Bound bound = arguments.bind("join", "d", "attribute");
    String separator = PythonText.str(bound.at(0, ""), budget);
    Object attribute = bound.at(1, null);
    StringBuilder out = new StringBuilder();
    boolean first = true;
    for (Object element : Values.elements(value, budget)) {
      Object shown =
          attribute == null ? element : SelectionFilters.path(element, attribute, budget);
      String text = PythonText.str(shown, budget);
      out.append(first ? "" : separator).append(text);
      first = false;
      budget.spend((separator.length() + text.length()) / 8);
      budget.checkText(out.length());
    }
    return out.toString();
  }

  private static Object indent(Object value, Arguments arguments, Budget budget) {
    Arguments.Bound bound = arguments.bind("indent", "width", "first", "blank");
    boolean blank = bound.flag(2, false);
    String indention;
    if (bound.at(0, 4L) instanceof String given) {
      indention = given;
    } else {
      budget.spendText(Math.max(0, bound.integer(0, 4)));
      indention = " ".repeat(Math.max(0, bound.integer(0, 4)));
    }
    String text = (String) Operators.add(value, "\n", budget);
    List<String> lines = CodePoints.lines(text, false);
    budget.spendText((long) indention.length() * lines.size());
    StringBuilder out = new StringBuilder(bound.flag(1, false) ? indention : "");
    for (int i = 0; i < lines.size(); i++) {
      boolean indented = i > 0 && (blank || !lines.get(i).isEmpty());
      out.append(i > 0 ? "\n" : "").append(indented ? indention : "").append(lines.get(i));
    }
    return out.toString();
  }

  private static Object center(Object value, Arguments arguments, Budget budget) {
    int width = arguments.bind("center", "width").integer(0, 80);
    return StringShapes.centered(text(value, budget), width, " ", budget);
  }

  private static Object truncate(Object value, Arguments arguments, Budget budget) {
    Arguments.Bound bound = arguments.bind("truncate", "length", "killwords", "end", "leeway");
    String end = bound.text(2, "...");
    int length = bound.integer(0, 255);
    if (length < CodePoints.length(end) || bound.integer(3, 5) < 0) {
      throw ChatTemplateException.runtime(
          "truncate() needs a length of at least its end's and a leeway of at least 0");
    }
    if (Values.length(value) <= (long) length + bound.integer(3, 5)) {
      return value;
    }
    if (!(value instanceof String text)) {
      throw ChatTemplateException.runtime("truncate() cannot shorten a " + Values.typeName(value));
    }
    budget.spendText(text.length());
    String kept = CodePoints.substring(text, 0, length - CodePoints.length(end));
    int space = kept.lastIndexOf(' ');
    return (bound.flag(1, false) || space < 0 ? kept : kept.substring(0, space)) + end;
  }

  private static Object format(Object value, Arguments arguments, Budget budget) {
    if (!arguments.positional().isEmpty() && !arguments.named().isEmpty()) {
      throw ChatTemplateException.runtime(
          "can't handle positional and keyword arguments at the same time");
    }
    Object values =
        arguments.named().isEmpty() ? new Tuple(arguments.positional()) : arguments.named();
    return PercentFormat.format(text(value, budget), values, budget);
  }

  private static String withoutTags(String text) {
    List<String> words = new ArrayList<>();
    for (Object word : StringSplits.words(TAG.matcher(text).replaceAll(""))) {
      words.add((String) word);
    }
    return String.join(" ", words)
        .replace("&lt;", "<")
        .replace("&gt;", ">")
        .replace("&#34;", "\"")
        .replace("&#39;", "'")
        .replace("&amp;", "&");
  }

  private static String urlEncoded(Object value, Budget budget) {
    if (value instanceof String || !Values.isIterable(value)) {
      return percentEncoded(text(value, budget)).replace("%2F", "/");
    }
    List<Object> pairs =
        value instanceof Map<?, ?> map
            ? CollectionMethods.items(map, budget)
            : Values.elements(value, budget);
    List<String> fields = new ArrayList<>();
    for (Object pair : pairs) {
      List<Object> parts = Values.elements(pair, budget);
      if (parts.size() != 2) {
        throw ChatTemplateException.runtime("urlencode() needs a text or pairs");
      }
      fields.add(
          percentEncoded(PythonText.str(parts.getFirst(), budget)).replace("%20", "+")
              + "="
              + percentEncoded(PythonText.str(parts.getLast(), budget)).replace("%20", "+"));
    }
    return String.join("&", fields);
  }

  private static String percentEncoded(String text) {
    return URLEncoder.encode(text, StandardCharsets.UTF_8)
        .replace("+", "%20")
        .replace("*", "%2A")
        .replace("%7E", "~");
  }
}
