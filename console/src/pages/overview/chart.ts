/** Draws a plot into an element, by the library chartist. The page loads this file when it has something to plot. */

import { type Attributes, BarChart, type BarChartOptions, Interpolation, LineChart, Svg } from "chartist";
import { labelShown } from "./plots.ts";

export interface Drawing {
  form: "bars" | "lines";
  /** The labels of the horizontal axis. */
  labels: string[];
  /** By series, then by label; null leaves a gap. */
  values: (number | null)[][];
  tick: (value: number) => string;
  whole: boolean;
  /** What a bar or a point shows when it is pointed at. */
  title: (series: number, index: number) => string;
}

const LABEL_PX = 54;
const AXIS_PX = 64;
const PADDING_PX = 20;

// The library writes attributes `style`, which the page's policy refuses; it allows the same through the element.
const write = Object.getOwnPropertyDescriptor(Svg.prototype, "attr")?.value as (
  this: Svg,
  ...given: [attributes: string | Attributes, namespace?: string]
) => Svg;
Svg.prototype.attr = function attr(this: Svg, attributes: string | Attributes, namespace?: string) {
  if (typeof attributes === "string") return write.call(this, attributes, namespace);
  const { style, ...others } = attributes;
  const node: unknown = this.getNode();
  if (style !== undefined && node instanceof SVGElement) node.style.cssText = String(style);
  return write.call(this, others, namespace);
} as Svg["attr"];

/** @returns what removes the plot's listeners. */
export function draw(element: HTMLElement, drawing: Drawing): () => void {
  const { form, labels, values, tick, whole, title } = drawing;
  const width = () => element.clientWidth - AXIS_PX - PADDING_PX;
  const isShown = (index: number) => labelShown(labels.length, width(), LABEL_PX)(index);
  const options = {
    chartPadding: { top: 12, right: PADDING_PX, bottom: 0, left: 0 },
    axisX: { showGrid: false, offset: 24, labelInterpolationFnc: (label, index) => (isShown(index) ? label : null) },
    axisY: {
      offset: AXIS_PX,
      scaleMinSpace: 28,
      onlyInteger: whole,
      labelInterpolationFnc: (value) => tick(Number(value)),
    },
    low: 0,
  } satisfies BarChartOptions;
  const data = { labels, series: values };
  if (form === "bars") {
    const chart = new BarChart(element, data, { ...options, stackBars: true });
    chart.on("draw", (drawn) => {
      if (drawn.type !== "bar") return;
      drawn.element.attr({ "stroke-width": Math.max(1, Math.min(40, (0.7 * width()) / labels.length)) });
      drawn.element.elem("title").text(title(drawn.seriesIndex, drawn.index));
    });
    return () => chart.detach();
  }
  const chart = new LineChart(element, data, { ...options, lineSmooth: Interpolation.none() });
  chart.on("draw", (drawn) => {
    if (drawn.type === "point") drawn.element.elem("title").text(title(drawn.seriesIndex, drawn.index));
  });
  return () => chart.detach();
}
