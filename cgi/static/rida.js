// SPDX-License-Identifier: MIT
// Keeps a page about something running up to date: asks for it again and takes over what is new
// inside #live, node by node, so that nothing flickers, scrolls, closes or loses the focus. It asks
// at once when an event tells of a change, and now and then for what no event tells of. Stops
// when the page says no more that it is live, rests while it is hidden, and asks less often while
// the server is away. Pages work without it.
"use strict";

const news = document.getElementById("news");
const slowest = 60;
// While events come, the page needs to be asked for so many times less often.
const patience = 3;
// Milliseconds within which a stream of events is opened again; without that it does not work.
const attention = 15000;
let failures = 0;
let timer = 0;
let isAsking = false;
let isStale = false;
let events = null;
let heard = -attention;

function isLive() {
	return Number(document.body.dataset.live || 0) > 0 && !document.hidden;
}

function seconds() {
	const hears = events && performance.now() - heard < attention;
	return Math.min(Number(document.body.dataset.live || 0) * 2 ** failures * (hears ? patience : 1), slowest);
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

// Each answer ends; the browser opens the next one after some seconds, unless it was an error.
function listen() {
	if (!isLive()) {
		events?.close();
		events = null;
	} else if (!events || events.readyState === EventSource.CLOSED) {
		events = new EventSource(document.body.dataset.events);
		events.onopen = () => {
			heard = performance.now();
		};
		events.onmessage = soon;
	}
}

// Many events at once are one reason to ask.
function soon() {
	isStale = true;
	if (!isAsking && isLive()) {
		clearTimeout(timer);
		timer = setTimeout(refresh, 50);
	}
}

function later() {
	clearTimeout(timer);
	if (isLive())
		timer = setTimeout(refresh, isStale ? 50 : seconds() * 1000);
}

async function refresh() {
	if (isAsking)
		return;
	isAsking = true;
	isStale = false;
	try {
		await look();
		failures = 0;
		say("");
	} catch (problem) {
		failures++;
		say("rida does not answer; this page may be out of date. Trying again in " + seconds() + " s.");
	}
	isAsking = false;
	listen();
	later();
}

document.addEventListener("visibilitychange", () => {
	clearTimeout(timer);
	listen();
	if (isLive())
		refresh();
});
listen();
later();
