"""The one look of all pages and pictures: light and dark, on screen and on paper; nothing is fetched."""

PALETTE = """
:root { color-scheme: light dark;
  --ink: #1b2430; --muted: #55606e; --paper: #ffffff; --panel: #f4f6f9; --line: #d9dfe7;
  --bar: #2f6da8; --up: #2166ac; --down: #b35806; --mark: #b3261e }
@media (prefers-color-scheme: dark) { :root {
  --ink: #e7ebf0; --muted: #a7b1be; --paper: #14181f; --panel: #1d232c; --line: #343d49;
  --bar: #6ea8dc; --up: #74b3e8; --down: #f0a058; --mark: #ff8a80 } }
@media print { :root { color-scheme: light;
  --ink: #000000; --muted: #444444; --paper: #ffffff; --panel: #ffffff; --line: #bbbbbb;
  --bar: #2f6da8; --up: #2166ac; --down: #b35806; --mark: #b3261e } }
"""
"""Every text has a contrast of at least 4.5 to what it stands on, every bar one of 3; up and down are blue
and orange, which colour-blind people tell apart."""

DRAWING = """
svg text { font: 14px system-ui, -apple-system, "Segoe UI", sans-serif; fill: var(--ink) }
svg text.muted { fill: var(--muted); font-size: 13px }
svg text.number { font-variant-numeric: tabular-nums }
svg text.heading { font-size: 17px; font-weight: 600 } svg text.title { font-size: 22px; font-weight: 650 }
rect.bar { fill: var(--bar) } rect.up { fill: var(--up) } rect.down { fill: var(--down) }
rect.paper { fill: var(--paper) }
line.zero { stroke: var(--muted) } line.mark { stroke: var(--mark); stroke-dasharray: 4 3 }
line.whisker { stroke: var(--ink); stroke-width: 2 }
"""

PAGE = """
* { box-sizing: border-box }
body { margin: 0; background: var(--paper); color: var(--ink); overflow-wrap: break-word;
  font: 16px/1.6 system-ui, -apple-system, "Segoe UI", sans-serif }
main { max-width: 58rem; margin: 0 auto; padding: 2.5rem 1.25rem 5rem }
h1, h2, h3 { line-height: 1.25; margin: 0; text-wrap: balance; overflow-wrap: anywhere }
h1 { font-size: 2rem; letter-spacing: -.015em }
h2 { font-size: 1.4rem; margin: 3.25rem 0 .75rem; padding-top: 1.5rem; border-top: 1px solid var(--line) }
h3 { font-size: 1.05rem; margin-bottom: .25rem }
p { margin: .5rem 0; max-width: 44rem } .lead { font-size: 1.12rem; margin-top: .75rem }
.limits, figcaption p, caption { color: var(--muted); font-size: .92rem }
dl.cards { display: grid; gap: .75rem; margin: 1.5rem 0;
  grid-template-columns: repeat(auto-fit, minmax(9.5rem, 1fr)) }
dl.cards div { background: var(--panel); border: 1px solid var(--line); border-radius: .6rem;
  padding: .8rem 1rem }
dl.cards dt { color: var(--muted); font-size: .85rem }
dl.cards dd { margin: .1rem 0 0; font-size: 1.35rem; font-weight: 600; font-variant-numeric: tabular-nums }
figure { margin: 1.5rem 0; background: var(--panel); border: 1px solid var(--line); border-radius: .6rem;
  padding: 1.1rem 1.25rem }
figure svg { display: block; width: 100%; margin: .75rem 0 }
ul.notes { padding-left: 1.2rem; max-width: 44rem }
summary { cursor: pointer; color: var(--muted); font-size: .92rem }
.wide { overflow-x: auto; margin: .75rem 0 }
table { border-collapse: collapse; width: 100%; font-size: .88rem; line-height: 1.4 }
caption { text-align: left; padding-bottom: .4rem }
th, td { padding: .4rem .6rem; text-align: left; vertical-align: top; border-bottom: 1px solid var(--line);
  overflow-wrap: anywhere; min-width: 7.25rem }
th { color: var(--muted); font-weight: 600 } tbody tr:last-child td { border-bottom: 0 }
td.number, th.number { text-align: right; font-variant-numeric: tabular-nums; white-space: nowrap;
  min-width: 0 }
th.number { white-space: normal; overflow-wrap: normal }
footer { margin-top: 4rem; color: var(--muted); font-size: .85rem }
@media (max-width: 30rem) { main { padding: 1.5rem .9rem 3rem } figure { padding: .9rem }
  h1 { font-size: 1.6rem } h2 { margin-top: 2.25rem } }
@media print { main { max-width: none; padding: 0 } figure, tr, dl.cards div { break-inside: avoid }
  h2, h3 { break-after: avoid } details::details-content { content-visibility: visible; block-size: auto } }
"""

PAGE_STYLE = PALETTE + DRAWING + PAGE
PICTURE_STYLE = PALETTE + DRAWING
