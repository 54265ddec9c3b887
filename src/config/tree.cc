#include "config/tree.hh"

#include <algorithm>

namespace lvx::config {
namespace {

class Builder {
 public:
    Builder(const Grammar& grammar, Diagnostics& diagnostics) : grammar_(grammar), diagnostics_(diagnostics) {}

    std::vector<Statement> run(const std::vector<Line>& lines) {
        for (const Line& line : lines) {
            for (Token& token : tokenise(line, grammar_.takes_command, diagnostics_)) take(std::move(token));
            end_statement();
        }
        settle_last();
        while (!open_.empty()) close_unclosed();
        return std::move(root_);
    }

 private:
    std::vector<Statement>& here() { return open_.empty() ? root_ : open_.back()->block; }

    void take(Token token) {
        if (ignored_depth_ > 0) return skip(token.kind);
        switch (token.kind) {
            case TokenKind::word: return word(std::move(token));
            case TokenKind::open: return open(token);
            case TokenKind::close: return close(token);
        }
    }

    void skip(TokenKind kind) {
        if (kind == TokenKind::open) ++ignored_depth_;
        if (kind == TokenKind::close) --ignored_depth_;
    }

    void end_statement() { in_statement_ = false; }

    void word(Token token) {
        if (!in_statement_) begin(token);
        last_line_ = token.place.line;
        here().back().words.push_back(std::move(token));
    }

    void begin(const Token& keyword) {
        settle_last_before(keyword);
        while (!open_.empty() && open_.back()->opened.line == 0 && keyword.place.column <= open_.back()->place().column) {
            open_.pop_back();  // a block without braces ends where its indentation ends
        }
        const bool misplaced = !open_.empty() && grammar_.only_at_root(keyword.text) &&
                               keyword.place.column <= open_.front()->place().column;
        while (misplaced && !open_.empty()) close_unclosed();
        here().emplace_back();
        in_statement_ = true;
        may_open_ = true;
    }

    // Called when no brace can follow the last statement any more.
    void settle_last() {
        if (!may_open_) return;
        may_open_ = false;
        const Statement& last = here().back();
        if (grammar_.needs_block(last.keyword())) missing_brace(last);
    }

    // The same, with a look at what follows: something indented deeper is the block whose brace is missing.
    void settle_last_before(const Token& next) {
        if (!may_open_) return;
        Statement& last = here().back();
        const bool deeper = next.place.column > last.place().column && next.place.line > last.place().line;
        settle_last();
        if (!deeper || !grammar_.needs_block(last.keyword()) || open_.size() >= deepest_block) return;
        last.has_block = true;
        open_.push_back(&last);
    }

    void missing_brace(const Statement& statement) {
        Place end = statement.words.back().place;
        end.column += end.width;
        end.width = 1;
        diagnostics_.add({.code = Code::missing_brace, .place = end,
                          .message = "\"" + statement.keyword() + "\" has no block", .caret = "a \"{\" belongs here"});
    }

    void open(const Token& token) {
        end_statement();
        if (!may_open_) {
            diagnostics_.add({.code = Code::stray_brace, .place = token.place,
                              .message = "this \"{\" belongs to no keyword",
                              .caret = "the block is skipped"});
            ignored_depth_ = 1;
            return;
        }
        may_open_ = false;
        if (open_.size() >= deepest_block) {
            diagnostics_.add({.code = Code::nesting_depth, .place = token.place,
                              .message = "more than " + std::to_string(deepest_block) + " blocks inside each other",
                              .caret = "the block is skipped"});
            ignored_depth_ = 1;
            return;
        }
        Statement& owner = here().back();
        owner.has_block = true;
        owner.opened = token.place;
        open_.push_back(&owner);
    }

    void close(const Token& token) {
        end_statement();
        settle_last();
        last_line_ = token.place.line;
        if (open_.empty()) {
            diagnostics_.add({.code = Code::stray_brace, .place = token.place,
                              .message = "this \"}\" closes nothing"});
            return;
        }
        closed_.push_back({.opened = open_.back()->opened, .owner = open_.back()->place(),
                           .depth = open_.size(), .brace = token.place});
        open_.pop_back();
        if (open_.empty()) closed_.clear();
    }

    // The innermost open block has no end.  Where the indentation shows that the brace which closed one of its inner
    // blocks was meant for itself, that inner block is the one to blame.
    void close_unclosed() {
        const Statement& owner = *open_.back();
        Place blamed = owner.opened.line != 0 ? owner.opened : owner.place();
        std::uint32_t after = last_line_;
        for (const Closed& inner : closed_) {
            const bool of_owner = inner.depth == open_.size() + 1 && inner.owner > owner.place();
            const bool own_indent = inner.brace.line != inner.owner.line && inner.brace.column == inner.owner.column;
            if (!of_owner || own_indent || inner.brace.column != owner.place().column ||
                inner.brace.line == inner.owner.line || inner.opened.line == 0) continue;
            blamed = inner.opened;
            after = inner.brace.line - 1;
            break;
        }
        diagnostics_.add({.code = Code::unclosed_brace, .place = blamed, .message = "this \"{\" is never closed",
                          .caret = "opened here; the missing \"}\" belongs after line " + std::to_string(after)});
        may_open_ = false;
        open_.pop_back();
        if (open_.empty()) closed_.clear();
    }

    struct Closed {
        Place opened, owner;
        std::size_t depth = 0;  // 1: at the root
        Place brace;
    };

    const Grammar& grammar_;
    Diagnostics& diagnostics_;
    std::vector<Statement> root_;
    std::vector<Statement*> open_;  // stable: a container does not grow while one of its blocks is open
    std::vector<Closed> closed_;
    std::size_t ignored_depth_ = 0;
    std::uint32_t last_line_ = 0;
    bool in_statement_ = false;
    bool may_open_ = false;  // the last statement of here() may still get its brace
};

}  // namespace

Place Statement::place() const {
    Place place = words.front().place;
    const Place& last = words.back().place;
    if (last.line == place.line && last.file == place.file && last.column >= place.column) {
        place.width = last.column + last.width - place.column;
    }
    return place;
}

std::vector<Statement> build_tree(const std::vector<Line>& lines, const Grammar& grammar, Diagnostics& diagnostics) {
    return Builder(grammar, diagnostics).run(lines);
}

}  // namespace lvx::config
