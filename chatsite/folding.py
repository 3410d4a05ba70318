"""Templates whose fixed parts are drawn once: words, addresses and names of files that depend on the language only, with the text between them.

Two nodes of a page in three are such, and were a seventh of its time (measured). Templates stay as they are. Invariant: what comes out is what
the nodes would have made; what asks its context for anything but the language is left alone.
"""

from typing import Any

from django.conf import settings
from django.template import Context, Template
from django.template.base import FilterExpression, Node, NodeList, TextNode, Variable
from django.template.defaulttags import IfNode, URLNode
from django.template.loaders import cached
from django.templatetags.i18n import LanguageNode, TranslateNode
from django.templatetags.static import StaticNode
from django.utils.safestring import SafeString
from django.utils.translation import get_language

KEY = "folded"  # in a render context: the language, and whether text is escaped


class Loader(cached.Loader):
    """Django's loader that keeps what it has compiled, folded; not while one develops."""

    def get_template(self, template_name: str, skip: Any = None) -> Template:
        template: Any = super().get_template(template_name, skip)
        if not settings.DEBUG and not hasattr(template, "is_folded"):
            template.is_folded = True
            fold(template.nodelist)
        return template


class Folded(Node):
    """Nodes that follow each other and are always the same."""

    child_nodelists = ()

    def __init__(self, nodes: list[Node]) -> None:
        self.nodes = NodeList(nodes)
        self._drawn: dict[tuple[str | None, bool], SafeString] = {}

    def render(self, context: Context) -> SafeString:
        key = context.render_context.get(KEY)
        if key is None:
            key = context.render_context[KEY] = get_language(), context.autoescape
        drawn = self._drawn.get(key)
        if drawn is None:
            drawn = self._drawn[key] = self.nodes.render(context)
        return drawn


def fold(nodes: NodeList) -> None:
    """Fold what follows each other in a list of nodes, and in the lists within."""
    folded: list[Node] = []
    run: list[Node] = []
    for node in [*nodes, None]:
        if node is not None and _is_fixed(node):
            run.append(node)
            continue
        if len(run) > 1 or (run and not isinstance(run[0], TextNode)):
            run = [Folded(run)]
        folded += run
        run = []
        if node is not None:
            folded.append(node)
            for inner in _within(node):
                fold(inner)
    nodes[:] = folded


def _within(node: Node) -> list[NodeList]:
    if isinstance(node, LanguageNode):  # another language than the page's
        return []
    if isinstance(node, IfNode):
        return [nodes for _condition, nodes in node.conditions_nodelists]
    found = [getattr(node, name, None) for name in node.child_nodelists]
    return [nodes for nodes in found if isinstance(nodes, NodeList)]


def _is_fixed(node: Node) -> bool:
    match node:
        case TextNode():
            return True
        case TranslateNode():
            return not (node.asvar or node.message_context) and _is_literal(node.filter_expression)
        case URLNode():
            is_plain = not (node.asvar or node.args or node.kwargs) and _is_literal(node.view_name)
            return is_plain and ":" not in node.view_name.token  # of the admin, of which there may be several
        case StaticNode():
            return type(node) is StaticNode and node.varname is None and _is_literal(node.path)
    return False


def _is_literal(expression: FilterExpression) -> bool:
    is_variable = isinstance(expression.var, Variable) and expression.var.literal is None
    return not is_variable and not expression.filters
