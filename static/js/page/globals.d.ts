/** What the page finds beside the DOM: Django's JavaScript catalog, and Trusted Types. */

declare function gettext(text: string): string;
declare function ngettext(singular: string, plural: string, count: number): string;
declare function get_format(name: "DECIMAL_SEPARATOR"): string;
declare function interpolate(format: string, values: object, named: true): string;

interface TrustedHTML { toString(): string }
declare const trustedTypes: undefined | {
  createPolicy(name: string, rules: { createHTML(html: string): string }): { createHTML(html: string): TrustedHTML };
};
