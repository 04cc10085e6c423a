//! The HTML part: one layout for every letter. No images, no scripts, nothing loaded from anywhere, styles inline for
//! readers that drop style sheets; the sheet adds dark colours where these are wanted.

use super::clean::{Marked, escaped};
use super::language::Language;
use super::page::{Block, Button, Fact, Page};

const SHEET: &str = "\
:root { color-scheme: light dark; supported-color-schemes: light dark; }
@media (prefers-color-scheme: dark) {
  .page { background: #14181f !important; }
  .card { background: #1f252e !important; border-color: #39424e !important; }
  .card, .card h1, .quote { color: #eef1f5 !important; }
  .quiet { color: #b4bec9 !important; }
  .quote { background: #2a323d !important; border-color: #7d8a99 !important; }
  .foot { border-color: #39424e !important; }
  .link { color: #9cc2ff !important; }
}";

const PAGE: &str = "margin:0;padding:24px 12px;background:#f2f4f7;";
const CARD: &str = "max-width:600px;margin:0 auto;padding:32px 28px;box-sizing:border-box;\
    background:#ffffff;color:#1c2430;border:1px solid #dde2e8;border-radius:10px;\
    font-family:-apple-system,'Segoe UI',Roboto,'Helvetica Neue',Arial,'Apple SD Gothic Neo','Malgun Gothic','Noto Sans KR',sans-serif;\
    font-size:16px;line-height:1.55;overflow-wrap:break-word;word-wrap:break-word;";
const HEADING: &str =
    "margin:0 0 20px;font-size:22px;line-height:1.3;font-weight:600;color:#1c2430;";
const PARAGRAPH: &str = "margin:0 0 16px;";
const INTRO: &str = "margin:0 0 6px;";
const LIST: &str = "margin:0 0 16px;padding:0 0 0 24px;";
const ITEM: &str = "margin:0 0 4px;";
const QUOTE: &str = "margin:0 0 6px;padding:12px 16px;background:#f2f4f7;color:#1c2430;\
    border-left:4px solid #8a96a5;border-radius:0 6px 6px 0;";
const SMALL: &str = "margin:0 0 16px;font-size:13px;line-height:1.5;color:#566271;";
const CALL: &str = "margin:24px 0 16px;";
const BUTTON: &str = "display:inline-block;padding:12px 24px;background:#1b57b3;color:#ffffff;\
    border-radius:6px;font-weight:600;text-decoration:none;";
const LINK: &str = "color:#1b57b3;word-break:break-all;";
const FOOTER: &str = "margin:24px 0 0;padding:16px 0 0;border-top:1px solid #dde2e8;\
    font-size:13px;line-height:1.5;color:#566271;";

pub(super) fn document(page: &Page, language: Language) -> String {
    let (lang, title) = (language.tag(), escaped(&page.subject.plain()));
    // Korean breaks between words only, as its readers expect
    let breaks = if language == Language::Korean { "word-break:keep-all;" } else { "" };
    let (greeting, heading) = (page.greeting.html(), page.heading.html());
    let blocks: String = page.blocks.iter().map(block).collect();
    let footer = page.footer.html();
    format!(
        "<!DOCTYPE html>\n\
         <html lang=\"{lang}\" dir=\"ltr\">\n\
         <head>\n\
         <meta charset=\"utf-8\">\n\
         <meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\n\
         <meta name=\"color-scheme\" content=\"light dark\">\n\
         <meta name=\"supported-color-schemes\" content=\"light dark\">\n\
         <title>{title}</title>\n\
         <style>\n{SHEET}\n</style>\n\
         </head>\n\
         <body class=\"page\" style=\"{PAGE}\">\n\
         <div class=\"card\" role=\"article\" lang=\"{lang}\" style=\"{CARD}{breaks}\">\n\
         <h1 style=\"{HEADING}\">{heading}</h1>\n\
         <p style=\"{PARAGRAPH}\">{greeting}</p>\n\
         {blocks}\
         <p class=\"quiet foot\" style=\"{FOOTER}\">{footer}</p>\n\
         </div>\n\
         </body>\n\
         </html>\n"
    )
}

fn block(block: &Block) -> String {
    match block {
        Block::Paragraph(text) => paragraph(PARAGRAPH, text),
        Block::Note(text) => small(text),
        Block::List { intro, items } => {
            let item = |text: &Marked| format!("<li style=\"{ITEM}\">{}</li>\n", text.html());
            let items: String = items.iter().map(item).collect();
            format!("{}<ul style=\"{LIST}\">\n{items}</ul>\n", paragraph(INTRO, intro))
        }
        Block::Facts(facts) => {
            let facts: String = facts.iter().map(fact).collect();
            format!("<ul style=\"{LIST}\">\n{facts}</ul>\n")
        }
        Block::Quote { by, lines, caveat } => quote(by, lines, caveat),
        Block::Button(button) => call(button),
    }
}

fn paragraph(style: &str, text: &Marked) -> String {
    format!("<p style=\"{style}\">{}</p>\n", text.html())
}

fn small(text: &Marked) -> String {
    format!("<p class=\"quiet\" style=\"{SMALL}\">{}</p>\n", text.html())
}

fn fact(fact: &Fact) -> String {
    let Fact { label, value, line: _ } = fact;
    format!("<li style=\"{ITEM}\"><strong>{}</strong><br>{}</li>\n", label.html(), value.html())
}

fn quote(by: &Marked, lines: &[String], caveat: &Marked) -> String {
    let lines = lines.iter().map(|line| escaped(line)).collect::<Vec<_>>().join("<br>\n");
    let by = format!("<p style=\"{INTRO}\"><strong>{}</strong></p>\n", by.html());
    let caveat = small(caveat);
    format!(
        "{by}<blockquote class=\"quote\" dir=\"auto\" style=\"{QUOTE}\">{lines}</blockquote>\n{caveat}"
    )
}

fn call(button: &Button) -> String {
    let Button { label, lead: _, fallback, link } = button;
    let (label, fallback, link) = (label.html(), fallback.html(), escaped(link));
    format!(
        "<p style=\"{CALL}\"><a href=\"{link}\" style=\"{BUTTON}\">{label}</a></p>\n\
         <p class=\"quiet\" style=\"{SMALL}\">{fallback}<br>\n\
         <a class=\"link\" href=\"{link}\" style=\"{LINK}\">{link}</a></p>\n"
    )
}
