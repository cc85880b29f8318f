package io.slinfer.plot;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.ByteArrayInputStream;
import java.nio.charset.StandardCharsets;
import java.util.List;
import javax.xml.parsers.DocumentBuilderFactory;
import org.junit.jupiter.api.Test;

final class HtmlReportTest {

  private static final double[] X = {0, 10, 20};

  @Test
  void chartsAreWellFormedXmlWithOnePathForEachSeries() throws Exception {
    LineChart chart =
        new LineChart(
            "a < b & \"c\"",
            "models",
            "share",
            false,
            List.of(
                Series.line("one", X, X), Series.line("two", X, new double[] {1, Double.NaN, 3})));
    var document =
        DocumentBuilderFactory.newInstance()
            .newDocumentBuilder()
            .parse(new ByteArrayInputStream(chart.svg().getBytes(StandardCharsets.UTF_8)));
    assertEquals(2, document.getElementsByTagName("path").getLength());
  }

  @Test
  void aGapBreaksTheLine() {
    LineChart chart =
        new LineChart(
            "t", "x", "y", false, List.of(Series.line("s", X, new double[] {1, Double.NaN, 3})));
    assertEquals(
        2,
        chart.svg().split(" d=\"", -1)[1].split("\"", -1)[0].chars().filter(c -> c == 'M').count());
  }

  @Test
  void ticksAreRoundAndCoverTheValues() {
    Axis axis = Axis.around(List.of(new double[] {0.3, 9266}), false, 0, 100);
    assertEquals(List.of(0.0, 2000.0, 4000.0, 6000.0, 8000.0, 10000.0), axis.ticks());
    assertEquals("10k", Axis.label(10000));
    assertEquals("0.25", Axis.label(0.25));
  }

  @Test
  void aLogarithmicAxisSpansWholeDecades() {
    Axis axis = Axis.around(List.of(new double[] {0, 0.02, 7}), true, 0, 300);
    assertEquals(0.01, axis.low(), 1e-12);
    assertEquals(200, axis.pixel(1), 1e-9);
  }

  @Test
  void theCumulativeShareEndsAtOne() {
    Series series = Series.cumulativeShare("ttft", new double[] {3, 1, 2});
    assertArrayEquals(new double[] {1, 2, 3}, series.x());
    assertEquals(1.0, series.y()[2]);
  }

  @Test
  void aGanttChartHasOneRowForEachName() {
    GanttChart chart =
        new GanttChart(
            "steps",
            "s",
            List.of(
                new GanttChart.Bar("gpu:0", 0, 1, "a"),
                new GanttChart.Bar("cpu", 1, 2, "b"),
                new GanttChart.Bar("gpu:0", 2, 3, "a")));
    assertEquals(2, chart.svg().split("class=\"grid\"", -1).length - 1);
  }

  @Test
  void theReportEscapesTextAndNeedsNothingFromOutside() {
    String html =
        new HtmlReport("x").paragraph("<script>").table(List.of("a"), List.of(List.of("1"))).html();
    assertTrue(html.contains("&lt;script&gt;"));
    assertFalse(html.contains("src="));
    assertThrows(
        IllegalArgumentException.class,
        () -> new HtmlReport("x").table(List.of("a"), List.of(List.of("1", "2"))));
  }
}
