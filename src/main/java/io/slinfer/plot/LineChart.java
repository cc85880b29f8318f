package io.slinfer.plot;

import java.util.List;

/**
 * Lines over two axes, with a legend.
 *
 * @param logarithmicX whether x is logarithmic; values up to 0 then sit at its low end
 */
public record LineChart(
    String title, String xLabel, String yLabel, boolean logarithmicX, List<Series> series) {

  private static final double WIDTH = 760;
  private static final double HEIGHT = 360;
  private static final double LEFT = 62;
  private static final double RIGHT = 18;
  private static final double TOP = 16;
  private static final double BOTTOM = 48;
  private static final double LEGEND_ROW = 18;

  public LineChart {
    series = List.copyOf(series);
  }

  /** The chart as an SVG element. */
  public String svg() {
    double legend = LEGEND_ROW * ((series.size() + 3) / 4);
    Axis x =
        Axis.around(series.stream().map(Series::x).toList(), logarithmicX, LEFT, WIDTH - RIGHT);
    Axis y = Axis.around(series.stream().map(Series::y).toList(), false, HEIGHT - BOTTOM, TOP);
    Svg svg = new Svg(WIDTH, HEIGHT + legend, title);
    drawAxes(svg, x, y);
    for (int i = 0; i < series.size(); i++) {
      svg.path(pathOf(series.get(i), x, y), Svg.colour(i));
      double left = LEFT + (i % 4) * (WIDTH - LEFT - RIGHT) / 4;
      double row = HEIGHT + LEGEND_ROW * (i / 4) + 4;
      svg.bar(left, row - 8, 14, 4, Svg.colour(i), series.get(i).name());
      svg.label(left + 20, row, "start", series.get(i).name());
    }
    return svg.end();
  }

  private void drawAxes(Svg svg, Axis x, Axis y) {
    for (double tick : y.ticks()) {
      svg.line(LEFT, y.pixel(tick), WIDTH - RIGHT, y.pixel(tick), "grid");
      svg.label(LEFT - 6, y.pixel(tick) + 4, "end", Axis.label(tick));
    }
    for (double tick : x.ticks()) {
      svg.line(x.pixel(tick), HEIGHT - BOTTOM, x.pixel(tick), HEIGHT - BOTTOM + 4, "axis");
      svg.label(x.pixel(tick), HEIGHT - BOTTOM + 17, "middle", Axis.label(tick));
    }
    svg.line(LEFT, HEIGHT - BOTTOM, WIDTH - RIGHT, HEIGHT - BOTTOM, "axis");
    svg.label((LEFT + WIDTH - RIGHT) / 2, HEIGHT - BOTTOM + 34, "middle", xLabel);
    svg.verticalLabel(14, (TOP + HEIGHT - BOTTOM) / 2, yLabel);
  }

  private static CharSequence pathOf(Series series, Axis x, Axis y) {
    StringBuilder path = new StringBuilder();
    boolean drawing = false;
    for (int i = 0; i < series.x().length; i++) {
      if (!Double.isFinite(series.y()[i])) {
        drawing = false;
        continue;
      }
      double right = x.pixel(series.x()[i]);
      double up = y.pixel(series.y()[i]);
      if (drawing && series.stepped()) {
        path.append(Svg.format("H%.1f V%.1f ", right, up));
      } else {
        path.append(Svg.format("%s%.1f %.1f ", drawing ? "L" : "M", right, up));
      }
      drawing = true;
    }
    return path;
  }
}
