"""Charts of the explorer as JSON for plotly.js; `static/charts.js` draws them in the theme."""
