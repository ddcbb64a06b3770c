// What became of a connection, in words: the frame that refused it, or the code it was closed with.

import { $, element, show } from "./dom.js";

export function showVerdict(title, words, bad) {
  $("verdict").className = bad ? "verdict bad" : "verdict";
  $("verdict").replaceChildren(element("strong", { textContent: title }), words);
  show("verdict", true);
}

export function explainClose(event, code, wasOpen) {
  if (!wasOpen) showVerdict("No connection", `The upgrade failed and a browser may not see why (${code}): the token was refused with an HTTP status, or nobody answers.`, true);
  else if (event.code !== 1000) showVerdict(`Closed with ${code}`, "The server or the network ended the connection.", true);
}
