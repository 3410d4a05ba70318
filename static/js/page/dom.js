/** The page's vocabulary: a part is a `data-slot`, a stencil a `<template data-template>`, what the server knows comes as JSON. */

/** @param {string} name @param {ParentNode} [within] @returns {HTMLElement | null} */
export const find = (name, within = document) => within.querySelector(`[data-slot="${name}"]`);

/** A part that must be there. @param {string} name @param {ParentNode} [within] @returns {HTMLElement} */
export function slot(name, within = document) {
  const element = find(name, within);
  if (!element) throw new Error(`no slot ${name}`);
  return element;
}

/** A fresh copy of a template's element. @param {string} name @returns {HTMLElement} */
export function stencil(name) {
  const template = /** @type {HTMLTemplateElement | null} */ (document.querySelector(`template[data-template="${name}"]`));
  const element = template?.content.firstElementChild;
  if (!element) throw new Error(`no template ${name}`);
  return /** @type {HTMLElement} */ (document.importNode(element, true));
}

/** What the server wrote into the page with `json_script`. @param {string} id @returns {any} null if it is not there */
export function given(id) {
  const element = document.getElementById(id);
  return element ? JSON.parse(element.textContent ?? "") : null;
}

/** @param {Element} element @param {string} name of a `data-` attribute @param {boolean} isOn */
export function flag(element, name, isOn) {
  element.toggleAttribute(`data-${name}`, isOn);
}

/**
 * A module that is needed only now. Where it can't be fetched, who asked for it is told, and may ask again.
 * @template T
 * @param {() => Promise<T>} module `() => import("#page/x.js")`
 * @returns {Promise<T | null>} null: no connection, or the page is being left
 */
export async function load(module) {
  try {
    return await module();
  } catch (error) {
    if (!(error instanceof TypeError && /import|module/i.test(error.message))) throw error; // as each browser says it
    announce(gettext("Not connected. Try again in a moment."));
    return null;
  }
}

/** Say it to who hears the page. @param {string} text */
export function announce(text) {
  const announcer = slot("announcer");
  announcer.textContent = "";
  setTimeout(() => (announcer.textContent = text), 50); // said again, even if it is the same
}

/**
 * Do it when somebody presses a `data-action` button or link within the element.
 * @param {HTMLElement} element
 * @param {Record<string, (button: HTMLElement, event: Event) => void>} actions
 * @param {{ signal?: AbortSignal }} [options] `signal` ends it
 */
export function onAction(element, actions, options = {}) {
  element.addEventListener("click", (event) => {
    const target = event.target instanceof Element ? event.target.closest("[data-action]") : null;
    const action = target instanceof HTMLElement && actions[target.dataset.action ?? ""];
    if (!target || !action) return;
    event.preventDefault();
    action(/** @type {HTMLElement} */ (target), event);
  }, options);
}

/** A random UUID, also where the page is not secure (plain http on a local network): the address of a blob ends in one (File API, 8.3.1). */
export function uuid() {
  if (crypto.randomUUID) return crypto.randomUUID();
  const address = URL.createObjectURL(new Blob());
  URL.revokeObjectURL(address);
  return address.slice(-36);
}

/** The files chosen on this device: id of the attachment -> address of the file itself. @type {Map<string, string>} */
export const previews = new Map();
