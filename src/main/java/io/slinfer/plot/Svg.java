package io.slinfer.plot;

import java.util.Locale;

/**
 * Writes SVG elements; all text is escaped, all numbers have one decimal. Confined to its chart.
 */
final class Svg {

  private static final String[] COLOURS = {
    "#2563eb", "#d97706", "#059669", "#dc2626", "#7c3aed", "#0891b2", "#be185d", "#4d7c0f"
  };

  private final StringBuilder text = new StringBuilder();

  Svg(double width, double height, String title) {
    text.append(
        format(
            "<svg viewBox=\"0 0 %.0f %.0f\" role=\"img\" xmlns=\"http://www.w3.org/2000/svg\"><title>%s</title>\n",
            width, height, escape(title)));
  }

  /** The colour of the nth thing shown. */
  static String colour(int index) {
    return COLOURS[Math.floorMod(index, COLOURS.length)];
  }

  static String escape(String raw) {
    return raw.replace("&", "&amp;")
        .replace("<", "&lt;")
        .replace(">", "&gt;")
        .replace("\"", "&quot;");
  }

  void line(double x1, double y1, double x2, double y2, String style) {
    text.append(
        format(
            "<line x1=\"%.1f\" y1=\"%.1f\" x2=\"%.1f\" y2=\"%.1f\" class=\"%s\"/>\n",
            x1, y1, x2, y2, style));
  }

  void label(double x, double y, String anchor, String content) {
    text.append(
        format(
            "<text x=\"%.1f\" y=\"%.1f\" text-anchor=\"%s\">%s</text>\n",
            x, y, anchor, escape(content)));
  }

  void verticalLabel(double x, double y, String content) {
    text.append(
        format(
            "<text transform=\"translate(%.1f %.1f) rotate(-90)\" text-anchor=\"middle\">%s</text>\n",
            x, y, escape(content)));
  }

  void path(CharSequence data, String colour) {
    text.append(
        format(
            "<path d=\"%s\" fill=\"none\" stroke=\"%s\" stroke-width=\"1.6\"/>\n", data, colour));
  }

  void bar(double x, double y, double width, double height, String colour, String tooltip) {
    text.append(
        format(
            "<rect x=\"%.1f\" y=\"%.1f\" width=\"%.1f\" height=\"%.1f\" fill=\"%s\"><title>%s</title></rect>\n",
            x, y, width, height, colour, escape(tooltip)));
  }

  String end() {
    return text.append("</svg>\n").toString();
  }

  static String format(String pattern, Object... values) {
    return String.format(Locale.ROOT, pattern, values);
  }
}
