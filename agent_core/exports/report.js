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
  const draw = (chart) => {
    const theme = dark.matches ? themes.dark : themes.light;
    const source = document.getElementById(chart.dataset.figure).textContent;
    const text = source.replace(/"#0000(0[1-9]|10)"/g, (_, place) => JSON.stringify(theme.colours[Number(place) - 1]));
    const figure = JSON.parse(text);
    Plotly.react(chart, figure.data, { ...figure.layout, template: { layout: theme.layout } }, config);
  };
  const all = () => document.querySelectorAll(".chart").forEach(draw);
  dark.addEventListener("change", all);
  all();
})();
