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
 * Do it when somebody presses a `data-action` button or link within the element.
 * @param {HTMLElement} element
 * @param {Record<string, (button: HTMLElement, event: Event) => void>} actions
 */
export function onAction(element, actions) {
  element.addEventListener("click", (event) => {
    const target = event.target instanceof Element ? event.target.closest("[data-action]") : null;
    const action = target instanceof HTMLElement && actions[target.dataset.action ?? ""];
    if (!target || !action) return;
    event.preventDefault();
    action(/** @type {HTMLElement} */ (target), event);
  });
}
