/* Staff's pages, for those who use no mouse or do not see the page. Every page works without it. */
(() => {
  // What can be moved sideways can be moved by keys, too.
  const regions = [...document.querySelectorAll(".inline-group, #changelist-form .results, .scrolls")];
  const measure = () => regions.forEach((each) => {
    const isScrolled = each.scrollWidth > each.clientWidth;
    if (isScrolled) each.tabIndex = 0;
    else each.removeAttribute("tabindex");
  });
  measure();
  addEventListener("resize", measure);

  // Django gives these signs a name, which needs a role to be read.
  addEventListener("load", () => document.querySelectorAll("span.help-tooltip[aria-label]").forEach((each) => {
    each.setAttribute("role", "img");
  }));
})();
