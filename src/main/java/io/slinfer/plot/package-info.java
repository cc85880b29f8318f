/**
 * Charts and reports as one self-contained HTML file: static SVG, no script, readable in light and
 * dark.
 *
 * <p>Owns: LineChart, GanttChart, HtmlReport, axes and colours.
 *
 * <p>May use: java.base only.
 *
 * <p>Must not: know what the numbers mean; write files.
 *
 * <p>Thread: values are immutable; a report is confined to its builder.
 */
package io.slinfer.plot;
