// SPDX-License-Identifier: MIT
// Refreshes what is running: fetches the page again and replaces its live part. Works without it.
"use strict";

const seconds = Number(document.body.dataset.live || 0);

async function refresh() {
	if (document.hidden || document.querySelector("details summary:focus"))
		return true;
	const answer = await fetch(location.href, { headers: { Accept: "text/html" }, cache: "no-cache" });
	if (!answer.ok)
		return true;
	const fresh = new DOMParser().parseFromString(await answer.text(), "text/html");
	const part = fresh.getElementById("live");
	const old = document.getElementById("live");
	if (part && old)
		old.replaceWith(part);
	document.title = fresh.title;
	return Boolean(fresh.body.dataset.live);
}

function later() {
	setTimeout(async () => {
		let goOn = true;
		try {
			goOn = await refresh();
		} catch (problem) {
			console.debug("rida is away", problem);
		}
		if (goOn)
			later();
	}, seconds * 1000);
}

if (seconds > 0)
	later();
