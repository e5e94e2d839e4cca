"use strict";
(() => {
  const themes = JSON.parse(document.getElementById("themes").textContent);
  const dark = window.matchMedia("(prefers-color-scheme: dark)");
  const picture = (format) => ({
    name: `save-${format}`,
    title: `Save as ${format.toUpperCase()}`,
    icon: format === "png" ? Plotly.Icons.camera : Plotly.Icons.disk,
    click: (chart) => Plotly.downloadImage(chart, { format, scale: 2, filename: chart.dataset.name }),
  });
  const config = {
    displaylogo: false,
    responsive: true,
    modeBarButtonsToRemove: ["toImage", "lasso2d", "select2d"],
    modeBarButtonsToAdd: [picture("png"), picture("svg")],
  };
  // Pixels: what fits between the margins of A4 and of Letter.
  const onPaper = ({ height = 400 }) => ({ width: 640, height: Math.min(height, 900) });
  let printing = false;
  const draw = (chart) => {
    const theme = dark.matches && !printing ? themes.dark : themes.light;
    const source = document.getElementById(chart.dataset.figure).textContent;
    const text = source.replace(/"#0000(0[1-9]|10)"/g, (_, place) => JSON.stringify(theme.colours[Number(place) - 1]));
    const figure = JSON.parse(text);
    const tall = figure.layout.height;
    chart.style.height = tall && !printing ? `${tall}px` : "";
    Plotly.react(chart, figure.data, { ...figure.layout, ...(printing && onPaper(figure.layout)), template: { layout: theme.layout } }, config);
  };
  const all = () => document.querySelectorAll(".chart").forEach(draw);
  const print = (whether) => () => {
    printing = whether;
    all();
  };
  dark.addEventListener("change", all);
  window.addEventListener("beforeprint", print(true));
  window.addEventListener("afterprint", print(false));
  all();
})();
