#include "config/source.hh"

#include "base/ensure.hh"

namespace lvx::config {

FileNumber Sources::add(std::string name, std::string text) {
    const auto known = numbers_.find(name);
    if (known != numbers_.end() && files_[known->second].text == text) return known->second;
    File file{.name = std::move(name), .text = std::move(text), .starts = {0}};
    for (std::size_t at = 0; (at = file.text.find('\n', at)) != std::string::npos;) file.starts.push_back(++at);
    if (file.starts.back() != file.text.size()) file.starts.push_back(file.text.size());
    const auto number = static_cast<FileNumber>(files_.size());
    numbers_.insert_or_assign(file.name, number);
    files_.push_back(std::move(file));
    return number;
}

std::string_view Sources::name(FileNumber file) const {
    ensure(file < files_.size());
    return files_[file].name;
}

std::uint32_t Sources::lines(FileNumber file) const {
    ensure(file < files_.size());
    return static_cast<std::uint32_t>(files_[file].starts.size() - 1);
}

std::string_view Sources::whole(FileNumber file) const {
    ensure(file < files_.size());
    return files_[file].text;
}

std::string_view Sources::line(FileNumber file, std::uint32_t line) const {
    ensure(line >= 1 && line <= lines(file));
    const File& from = files_[file];
    std::string_view text(from.text);
    text = text.substr(from.starts[line - 1], from.starts[line] - from.starts[line - 1]);
    if (text.ends_with('\n')) text.remove_suffix(1);
    if (text.ends_with('\r')) text.remove_suffix(1);
    return text;
}

std::string Sources::text(const Place& place) const {
    std::string result(name(place.file));
    if (place.line == 0) return result;
    result += ":" + std::to_string(place.line);
    if (place.column != 0) result += ":" + std::to_string(place.column);
    return result;
}

}  // namespace lvx::config
