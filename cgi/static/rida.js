// SPDX-License-Identifier: MIT
// Keeps a page about something running up to date: asks for it again and takes over what is new
// inside #live, node by node, so that nothing flickers, scrolls, closes or loses the focus. Stops
// when the page says no more that it is live, rests while it is hidden, and asks less often while
// the server is away. Pages work without it.
"use strict";

const news = document.getElementById("news");
const slowest = 60;
let failures = 0;
let timer = 0;

function seconds() {
	return Math.min(Number(document.body.dataset.live || 0) * 2 ** failures, slowest);
}

function alike(old, fresh) {
	return old.nodeType === fresh.nodeType && old.nodeName === fresh.nodeName && (old.id || "") === (fresh.id || "");
}

// What is open or closed is the reader's own choice.
function takeAttributes(old, fresh) {
	for (const { name } of [...old.attributes])
		if (!fresh.hasAttribute(name) && name !== "open")
			old.removeAttribute(name);
	for (const { name, value } of [...fresh.attributes])
		if (old.getAttribute(name) !== value && name !== "open")
			old.setAttribute(name, value);
}

// Makes the old node say what the fresh one says.
function take(old, fresh) {
	if (old.nodeType !== Node.ELEMENT_NODE) {
		if (old.data !== fresh.data)
			old.data = fresh.data;
		return;
	}
	if (old.isEqualNode(fresh))
		return;
	takeAttributes(old, fresh);
	let next = old.firstChild;
	for (const child of [...fresh.childNodes]) {
		// A child with a name may have moved down: what came before it is new.
		let found = child.id ? old.querySelector(":scope > #" + CSS.escape(child.id)) : next;
		if (found && alike(found, child)) {
			if (found !== next)
				old.insertBefore(found, next);
			else
				next = next.nextSibling;
			take(found, child);
		} else {
			old.insertBefore(child, next);
		}
	}
	while (next) {
		const gone = next;
		next = next.nextSibling;
		gone.remove();
	}
}

async function look() {
	const answer = await fetch(location.href, {
		headers: { Accept: "text/html" },
		cache: "no-cache",
		signal: AbortSignal.timeout(20000),
	});
	if (!answer.ok)
		throw new Error(answer.status + " " + answer.statusText);
	const fresh = new DOMParser().parseFromString(await answer.text(), "text/html");
	const part = fresh.getElementById("live");
	if (!part)
		throw new Error("this is another page");
	take(document.getElementById("live"), part);
	document.title = fresh.title;
	document.body.dataset.live = fresh.body.dataset.live || "";
}

function say(text) {
	if (news.textContent !== text)
		news.textContent = text;
}

function later() {
	clearTimeout(timer);
	if (seconds() > 0 && !document.hidden)
		timer = setTimeout(refresh, seconds() * 1000);
}

async function refresh() {
	try {
		await look();
		failures = 0;
		say("");
	} catch (problem) {
		failures++;
		say("rida does not answer; this page may be out of date. Trying again in " + seconds() + " s.");
	}
	later();
}

document.addEventListener("visibilitychange", () => {
	clearTimeout(timer);
	if (!document.hidden && seconds() > 0)
		refresh();
});
later();
