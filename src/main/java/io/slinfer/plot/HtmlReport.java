package io.slinfer.plot;

import java.util.List;

/**
 * Builds one self-contained HTML page of headings, sentences, tables and charts, in the order
 * given.
 */
public final class HtmlReport {

  private static final String STYLE =
      """
      :root { color-scheme: light dark; }
      body { font: 15px/1.5 system-ui, sans-serif; max-width: 60rem; margin: 2rem auto; padding: 0 1rem; }
      table { border-collapse: collapse; margin: 1rem 0; font-variant-numeric: tabular-nums; }
      th, td { padding: .25rem .7rem; text-align: right; border-bottom: 1px solid #8884; }
      th:first-child, td:first-child { text-align: left; }
      svg { width: 100%; height: auto; font: 11px system-ui, sans-serif; }
      svg text { fill: currentColor; }
      .grid { stroke: #8883; }
      .axis { stroke: #888; }
      """;

  private final StringBuilder body = new StringBuilder();
  private final String title;

  public HtmlReport(String title) {
    this.title = title;
  }

  public HtmlReport heading(String text) {
    body.append("<h2>").append(Svg.escape(text)).append("</h2>\n");
    return this;
  }

  public HtmlReport paragraph(String text) {
    body.append("<p>").append(Svg.escape(text)).append("</p>\n");
    return this;
  }

  /** A table; every row has as many cells as the header. */
  public HtmlReport table(List<String> header, List<List<String>> rows) {
    body.append("<table>\n");
    row("th", header);
    for (List<String> cells : rows) {
      if (cells.size() != header.size()) {
        throw new IllegalArgumentException(
            "a row of " + cells.size() + " cells, not " + header.size());
      }
      row("td", cells);
    }
    body.append("</table>\n");
    return this;
  }

  public HtmlReport chart(LineChart chart) {
    return heading(chart.title()).svg(chart.svg());
  }

  public HtmlReport chart(GanttChart chart) {
    return heading(chart.title()).svg(chart.svg());
  }

  /** The whole page. */
  public String html() {
    String name = Svg.escape(title);
    return "<!doctype html>\n<html lang=\"en\">\n<head><meta charset=\"utf-8\"><title>"
        + name
        + "</title>\n<style>\n"
        + STYLE
        + "</style></head>\n<body>\n<h1>"
        + name
        + "</h1>\n"
        + body
        + "</body>\n</html>\n";
  }

  private HtmlReport svg(String svg) {
    body.append("<figure>\n").append(svg).append("</figure>\n");
    return this;
  }

  private void row(String cell, List<String> cells) {
    body.append("<tr>");
    for (String text : cells) {
      body.append('<')
          .append(cell)
          .append('>')
          .append(Svg.escape(text))
          .append("</")
          .append(cell)
          .append('>');
    }
    body.append("</tr>\n");
  }
}
