package io.slinfer.model.chat;

import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Map;

/** The methods of Python's {@code str}. */
final class StringMethods {

  private interface Method {
    Object call(String text, Arguments.Bound arguments, Budget budget);
  }

  private record Entry(Method method, String... parameters) {}

  private static final Map<String, Entry> METHODS =
      Map.ofEntries(
          entry("strip", (s, a, b) -> CodePoints.strip(s, a.text(0, null), true, true), "chars"),
          entry("lstrip", (s, a, b) -> CodePoints.strip(s, a.text(0, null), true, false), "chars"),
          entry("rstrip", (s, a, b) -> CodePoints.strip(s, a.text(0, null), false, true), "chars"),
          entry("upper", (s, a, b) -> s.toUpperCase(Locale.ROOT)),
          entry("lower", (s, a, b) -> s.toLowerCase(Locale.ROOT)),
          entry("casefold", (s, a, b) -> StringShapes.casefolded(s)),
          entry("capitalize", (s, a, b) -> StringShapes.capitalized(s)),
          entry("title", (s, a, b) -> StringShapes.titled(s)),
          entry("swapcase", (s, a, b) -> StringShapes.swapped(s)),
          entry("startswith", StringMethods::startsWith, "prefix", "start", "end"),
          entry("endswith", StringMethods::endsWith, "suffix", "start", "end"),
          entry("removeprefix", StringMethods::removePrefix, "prefix"),
          entry("removesuffix", StringMethods::removeSuffix, "suffix"),
          entry("replace", StringMethods::replace, "old", "new", "count"),
          entry("split", (s, a, b) -> StringSplits.split(s, a, b, false), "sep", "maxsplit"),
          entry("rsplit", (s, a, b) -> StringSplits.split(s, a, b, true), "sep", "maxsplit"),
          entry(
              "splitlines",
              (s, a, b) -> List.<Object>copyOf(CodePoints.lines(s, a.flag(0, false))),
              "keepends"),
          entry(
              "partition", (s, a, b) -> StringSplits.partition(s, a.requiredText(0), false), "sep"),
          entry(
              "rpartition", (s, a, b) -> StringSplits.partition(s, a.requiredText(0), true), "sep"),
          entry("join", StringMethods::join, "iterable"),
          entry("find", (s, a, b) -> StringSplits.find(s, a, false), "sub", "start", "end"),
          entry("rfind", (s, a, b) -> StringSplits.find(s, a, true), "sub", "start", "end"),
          entry("index", (s, a, b) -> found(StringSplits.find(s, a, false)), "sub", "start", "end"),
          entry("rindex", (s, a, b) -> found(StringSplits.find(s, a, true)), "sub", "start", "end"),
          entry("count", (s, a, b) -> StringSplits.count(s, a), "sub", "start", "end"),
          entry(
              "center",
              (s, a, b) -> StringShapes.centered(s, a.integer(0, 0), a.text(1, " "), b),
              "width",
              "fillchar"),
          entry("ljust", (s, a, b) -> s + StringShapes.fill(s, a, b), "width", "fillchar"),
          entry("rjust", (s, a, b) -> StringShapes.fill(s, a, b) + s, "width", "fillchar"),
          entry("zfill", StringMethods::zeroFill, "width"),
          entry("expandtabs", StringShapes::expandTabs, "tabsize"),
          entry("isalnum", (s, a, b) -> StringShapes.all(s, Character::isLetterOrDigit)),
          entry("isalpha", (s, a, b) -> StringShapes.all(s, Character::isLetter)),
          entry("isdigit", (s, a, b) -> StringShapes.all(s, Character::isDigit)),
          entry("isdecimal", (s, a, b) -> StringShapes.all(s, Character::isDigit)),
          entry("isnumeric", (s, a, b) -> StringShapes.all(s, StringShapes::isNumeric)),
          entry("isspace", (s, a, b) -> StringShapes.all(s, CodePoints::isSpace)),
          entry("isascii", (s, a, b) -> s.chars().allMatch(c -> c < 0x80)),
          entry("isprintable", (s, a, b) -> s.codePoints().allMatch(PythonText::isPrintable)),
          entry("islower", (s, a, b) -> StringShapes.isLower(s)),
          entry("isupper", (s, a, b) -> StringShapes.isUpper(s)),
          entry("istitle", (s, a, b) -> StringShapes.isTitle(s)));

  private StringMethods() {}

  private static Map.Entry<String, Entry> entry(String name, Method method, String... parameters) {
    return Map.entry(name, new Entry(method, parameters));
  }

  static boolean has(String name) {
    return METHODS.containsKey(name) || name.equals("format") || name.equals("format_map");
  }

  /** The method as a value that can be called. */
  static Callable bind(String text, String name) {
    if (name.equals("format")) {
      return (arguments, budget) -> BraceFormat.format(text, arguments, budget);
    }
    if (name.equals("format_map")) {
      return (arguments, budget) -> BraceFormat.formatMap(text, arguments, budget);
    }
    Entry entry = METHODS.get(name);
    return (arguments, budget) -> {
      budget.spendText(text.length());
      Object result = entry.method.call(text, arguments.bind(name, entry.parameters), budget);
      if (result instanceof List<?> list) {
        budget.spendElements(list.size());
      }
      return result;
    };
  }

  private static Object startsWith(String text, Arguments.Bound arguments, Budget budget) {
    String part = StringSplits.part(text, arguments);
    return alternatives(arguments.required(0)).stream().anyMatch(part::startsWith);
  }

  private static Object endsWith(String text, Arguments.Bound arguments, Budget budget) {
    String part = StringSplits.part(text, arguments);
    return alternatives(arguments.required(0)).stream().anyMatch(part::endsWith);
  }

  private static List<String> alternatives(Object value) {
    List<?> values =
        value instanceof Tuple tuple ? tuple.items() : Arguments.of(value).positional();
    List<String> texts = new ArrayList<>();
    for (Object element : values) {
      texts.add(Arguments.of(element).bind("startswith/endswith", "affix").requiredText(0));
    }
    return texts;
  }

  private static Object removePrefix(String text, Arguments.Bound arguments, Budget budget) {
    String prefix = arguments.requiredText(0);
    return text.startsWith(prefix) ? text.substring(prefix.length()) : text;
  }

  private static Object removeSuffix(String text, Arguments.Bound arguments, Budget budget) {
    String suffix = arguments.requiredText(0);
    return text.endsWith(suffix) ? text.substring(0, text.length() - suffix.length()) : text;
  }

  private static Object replace(String text, Arguments.Bound arguments, Budget budget) {
    return replaced(
        text,
        arguments.requiredText(0),
        arguments.requiredText(1),
        arguments.integer(2, -1),
        budget);
  }

  /** The text with at most {@code limit} occurrences replaced; negative means all. */
  static String replaced(String text, String old, String replacement, int limit, Budget budget) {
    StringBuilder out = new StringBuilder();
    int left = limit < 0 ? Integer.MAX_VALUE : limit;
    int copied = 0;
    int searchFrom = 0;
    while (left-- > 0) {
      int at = searchFrom > text.length() ? -1 : text.indexOf(old, searchFrom);
      if (at < 0) {
        break;
      }
      out.append(text, copied, at).append(replacement);
      copied = at + old.length();
      searchFrom =
          old.isEmpty() && at < text.length()
              ? at + Character.charCount(text.codePointAt(at))
              : old.isEmpty() ? at + 1 : copied;
      budget.spend(1 + replacement.length() / 8);
      budget.checkText(out.length());
    }
    return out.append(text, copied, text.length()).toString();
  }

  private static Object join(String text, Arguments.Bound arguments, Budget budget) {
    List<Object> elements = Values.elements(arguments.required(0), budget);
    StringBuilder out = new StringBuilder();
    for (int i = 0; i < elements.size(); i++) {
      if (!(elements.get(i) instanceof String element)) {
        throw ChatTemplateException.runtime(
            "sequence item %d: expected str instance, %s found"
                .formatted(i, Values.typeName(elements.get(i))));
      }
      out.append(i > 0 ? text : "").append(element);
      budget.spend((text.length() + element.length()) / 8);
      budget.checkText(out.length());
    }
    return out.toString();
  }

  private static Object found(long index) {
    if (index < 0) {
      throw ChatTemplateException.runtime("substring not found");
    }
    return index;
  }

  private static Object zeroFill(String text, Arguments.Bound arguments, Budget budget) {
    String fill = "0".repeat(StringShapes.missing(text, arguments.integer(0, 0), budget));
    boolean signed = text.startsWith("-") || text.startsWith("+");
    return signed ? text.charAt(0) + fill + text.substring(1) : fill + text;
  }
}
