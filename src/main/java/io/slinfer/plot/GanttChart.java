package io.slinfer.plot;

import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/**
 * Who had which row when: coloured bars over time, one row for each distinct row name, in order of
 * first appearance.
 */
public record GanttChart(String title, String xLabel, List<Bar> bars) {

  private static final double WIDTH = 760;
  private static final double LEFT = 120;
  private static final double RIGHT = 18;
  private static final double ROW = 22;
  private static final double BOTTOM = 44;

  /**
   * One bar.
   *
   * @param kind decides the colour; shown with the bar's times when pointed at
   */
  public record Bar(String row, double start, double end, String kind) {}

  public GanttChart {
    bars = List.copyOf(bars);
  }

  /** The chart as an SVG element. */
  public String svg() {
    List<String> rows = new ArrayList<>(bars.stream().map(Bar::row).distinct().toList());
    double height = ROW * rows.size() + BOTTOM;
    double first = bars.stream().mapToDouble(Bar::start).min().orElse(0);
    double last = bars.stream().mapToDouble(Bar::end).max().orElse(first + 1);
    Axis x = new Axis(first, Math.max(last, first + 1e-9), false, LEFT, WIDTH - RIGHT);
    Svg svg = new Svg(WIDTH, height, title);
    for (int i = 0; i < rows.size(); i++) {
      svg.label(LEFT - 8, ROW * i + 15, "end", rows.get(i));
      svg.line(LEFT, ROW * (i + 1), WIDTH - RIGHT, ROW * (i + 1), "grid");
    }
    Map<String, Integer> colours = new HashMap<>();
    for (Bar bar : bars) {
      int colour = colours.computeIfAbsent(bar.kind, kind -> colours.size());
      double left = x.pixel(bar.start);
      double width = Math.max(0.4, x.pixel(bar.end) - left);
      String tooltip = Svg.format("%s: %.3f to %.3f", bar.kind, bar.start, bar.end);
      svg.bar(left, ROW * rows.indexOf(bar.row) + 3, width, ROW - 6, Svg.colour(colour), tooltip);
    }
    for (double tick : x.ticks()) {
      svg.label(x.pixel(tick), height - BOTTOM + 17, "middle", Axis.label(tick));
    }
    svg.label((LEFT + WIDTH - RIGHT) / 2, height - BOTTOM + 34, "middle", xLabel);
    return svg.end();
  }
}
