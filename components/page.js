// A question that is sent comes into view from wherever one had scrolled to, and so does its answer as it grows.
// Streamlit keeps the end in sight only for who is there already. Whoever scrolls away, or does something else, is left alone.
const ASKS = [
  '.st-key-composer [data-testid="stChatInputSubmitButton"]',
  '[class*="st-key-suggestion-"] button',
  '[class*="st-key-explain-"] button',
  ".st-key-run-edited button",
].join();
const WRITES = ".st-key-composer textarea";
const EARLIER = ".st-key-earlier button";
const BELOW = '[data-testid="stBottom"]';
const NEAR = 24;
let held = null, below = 0, tall = 0; // what scrolls, how far above its end it stays, and its height when that was so

const hold = (above) => {
  held = document.querySelector(".stMain");
  below = above ? held.scrollHeight - held.scrollTop : 0;
  tall = 0;
};
const leave = () => { held = null; };
const place = () => Math.max(0, Math.min(tall - below, tall - held.clientHeight));
const keepUp = () => {
  if (held?.isConnected && held.scrollHeight !== tall) {
    tall = held.scrollHeight;
    held.scrollTop = place();
  }
};

document.addEventListener("click", ({target}) => {
  if (target.closest?.(ASKS)) hold(false);
  else if (target.closest?.(EARLIER)) hold(true); // what one reads stays where it is, under what comes above it
}, true);
document.addEventListener("keydown", (event) => {
  if (event.key === "Enter" && !event.shiftKey && !event.isComposing && event.target.matches?.(WRITES)) hold(false);
  else if (!event.target.matches?.(WRITES)) leave();
}, true);
document.addEventListener("pointerdown", ({target}) => { if (!target.closest?.(BELOW)) leave(); }, true);
document.addEventListener("wheel", leave, {capture: true, passive: true});
document.addEventListener("touchmove", leave, {capture: true, passive: true});
document.addEventListener("scroll", ({target}) => {
  if (target === held && target.scrollHeight === tall && Math.abs(target.scrollTop - place()) > NEAR) leave();
}, true);
document.addEventListener("load", keepUp, true); // of an image, which has its size from then on
new MutationObserver(keepUp).observe(document, {childList: true, subtree: true, characterData: true});

// On a phone the list of conversations lies over the talk: it goes once one is chosen.
const CHOOSES = ".st-key-conversations button, .st-key-new-conversation button";
const OVER = matchMedia("(max-width: 768px)");
document.addEventListener("click", ({target}) => {
  if (OVER.matches && target.closest?.(CHOOSES)) {
    setTimeout(() => document.querySelector('[data-testid="stSidebarCollapseButton"] button')?.click());
  }
}, true);

// Streamlit draws a chart in the colours that its page has then: it is drawn anew when the system goes dark or light.
const DARK = matchMedia("(prefers-color-scheme: dark)");
const SETTLED = 400;
let painted = DARK.matches;
const repaint = () => {
  if (DARK.matches === painted) return;
  if (document.querySelector('[role="dialog"]')) { // which another look at the page would close
    setTimeout(repaint, SETTLED);
    return;
  }
  painted = DARK.matches;
  if (document.querySelector(".js-plotly-plot")) document.querySelector(".st-key-repaint button")?.click();
};
DARK.addEventListener("change", () => setTimeout(repaint, SETTLED));
