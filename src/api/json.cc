#include "api/json.hh"

#include <fmt/format.h>

#include <boost/json.hpp>
#include <chrono>
#include <limits>

#include "api/json_fields.hh"
#include "api/utf8.hh"

namespace lvx::api {

namespace {

namespace json = boost::json;

template <class T>
using Read = std::expected<T, JsonFault>;

std::unexpected<JsonFault> fault(std::string reason) { return std::unexpected(JsonFault{"", std::move(reason)}); }

// The same fault seen from one level further out.
JsonFault inside(std::string_view step, JsonFault inner) {
    const bool dotted = !inner.place.empty() && inner.place.front() != '[';
    return {fmt::format("{}{}{}", step, dotted ? "." : "", inner.place), std::move(inner.reason)};
}

// ---- one pair of functions per kind of value ----

template <class T> struct Codec;

template <std::integral T>
struct Codec<T> {
    static json::value write(T value) { return value; }
    static Read<T> read(const json::value& value) {
        boost::system::error_code failed;
        const T number = value.to_number<T>(failed);
        if (failed) return fault(fmt::format("not a whole number from {} to {}", std::numeric_limits<T>::min(), std::numeric_limits<T>::max()));
        return number;
    }
};

template <>
struct Codec<bool> {
    static json::value write(bool value) { return value; }
    static Read<bool> read(const json::value& value) {
        if (!value.is_bool()) return fault("neither true nor false");
        return value.get_bool();
    }
};

template <>
struct Codec<std::string> {
    static json::value write(const std::string& value) { return json::string(to_utf8(value)); }
    static Read<std::string> read(const json::value& value) {
        if (!value.is_string()) return fault("not a string");
        return std::string(value.get_string());
    }
};

template <>
struct Codec<Address> {
    static json::value write(const Address& value) { return json::string(value.text()); }
    static Read<Address> read(const json::value& value) {
        if (!value.is_string()) return fault("not a string with an IP address");
        const auto address = Address::parse(value.get_string());
        if (!address) return fault("not an IP address");
        return *address;
    }
};

template <>
struct Codec<std::chrono::seconds> {
    static json::value write(std::chrono::seconds value) { return value.count(); }
    static Read<std::chrono::seconds> read(const json::value& value) {
        const auto count = Codec<std::uint32_t>::read(value);
        if (!count) return std::unexpected(count.error());
        return std::chrono::seconds(*count);
    }
};

template <class E>
    requires std::is_enum_v<E>
struct Codec<E> {
    static json::value write(E value) {
        for (const auto& [known, word] : words<E>) {
            if (known == value) return json::string(word);
        }
        return nullptr;
    }
    static Read<E> read(const json::value& value) {
        std::string all;
        for (const auto& [known, word] : words<E>) {
            if (value.is_string() && value.get_string() == word) return known;
            all += (all.empty() ? "" : ", ") + std::string(word);
        }
        return fault("not one of " + all);
    }
};

template <class T>
struct Codec<std::optional<T>> {
    static json::value write(const std::optional<T>& value) { return value ? Codec<T>::write(*value) : json::value(nullptr); }
    static Read<std::optional<T>> read(const json::value& value) {
        if (value.is_null()) return std::nullopt;
        return Codec<T>::read(value);
    }
};

template <class T>
struct Codec<std::vector<T>> {
    static json::value write(const std::vector<T>& values) {
        json::array result;
        result.reserve(values.size());
        for (const T& value : values) result.push_back(Codec<T>::write(value));
        return result;
    }
    static Read<std::vector<T>> read(const json::value& value) {
        if (!value.is_array()) return fault("not a list");
        std::vector<T> result;
        for (const json::value& element : value.get_array()) {
            auto read = Codec<T>::read(element);
            if (!read) return std::unexpected(inside(fmt::format("[{}]", result.size()), std::move(read).error()));
            result.push_back(std::move(*read));
        }
        return result;
    }
};

template <Described T>
struct Codec<T> {
    static json::value write(const T& value) {
        json::object result;
        std::apply([&](const auto&... field) { (result.emplace(field.name, write_member(value.*field.member)), ...); }, fields<T>);
        return result;
    }

    static Read<T> read(const json::value& value) {
        if (!value.is_object()) return fault("not an object");
        T result{};
        for (const auto& member : value.get_object()) {
            if (auto failed = read_field(result, member.key(), member.value())) return std::unexpected(std::move(*failed));
        }
        return result;
    }

 private:
    template <class Member>
    static json::value write_member(const Member& member) { return Codec<Member>::write(member); }

    // Sets the field of that name, or says what is wrong with it.
    static std::optional<JsonFault> read_field(T& into, std::string_view name, const json::value& value) {
        std::optional<JsonFault> failed = JsonFault{std::string(name), "unknown field"};
        const auto attempt = [&](const auto& field) {
            if (field.name != name) return;
            auto read = Codec<std::remove_cvref_t<decltype(into.*field.member)>>::read(value);
            failed.reset();
            if (read) into.*field.member = std::move(*read);
            else failed = inside(name, std::move(read).error());
        };
        std::apply([&](const auto&... field) { (attempt(field), ...); }, fields<T>);
        return failed;
    }
};

template <>
struct Codec<model::Flush> {
    static json::value write(const model::Flush&) { return json::object(); }
    static Read<model::Flush> read(const json::value& value) {
        if (!value.is_object() || !value.get_object().empty()) return fault("not an empty object");
        return model::Flush{};
    }
};

template <>
struct Codec<model::Operation> {
    static json::value write(const model::Operation& operation) {
        json::object result;
        result[operation_names[operation.index()]] = std::visit(
            [](const auto& alternative) { return Codec<std::remove_cvref_t<decltype(alternative)>>::write(alternative); }, operation);
        return result;
    }

    static Read<model::Operation> read(const json::value& value) {
        if (!value.is_object() || value.get_object().size() != 1) return fault("not an object of one member that names the operation");
        const auto& member = *value.get_object().begin();
        return read_alternative(member.key(), member.value(), std::make_index_sequence<operation_names.size()>());
    }

 private:
    template <std::size_t... I>
    static Read<model::Operation> read_alternative(std::string_view name, const json::value& value, std::index_sequence<I...>) {
        Read<model::Operation> result = std::unexpected(JsonFault{std::string(name), "unknown operation"});
        const auto attempt = [&]<std::size_t index>() {
            if (operation_names[index] != name) return;
            auto read = Codec<std::variant_alternative_t<index, model::Operation>>::read(value);
            if (read) result = model::Operation(std::move(*read));
            else result = std::unexpected(inside(name, std::move(read).error()));
        };
        (attempt.template operator()<I>(), ...);
        return result;
    }
};

}  // namespace

std::string JsonFault::sentence() const { return place.empty() ? reason : place + ": " + reason; }

template <Wire T>
std::string to_json(const T& value) { return json::serialize(Codec<T>::write(value)); }

template <Wire T>
std::expected<T, JsonFault> from_json(std::string_view text) {
    boost::system::error_code failed;
    const json::value value = json::parse(json::string_view(text.data(), text.size()), failed);
    if (failed) return fault("not JSON: " + failed.message());
    return Codec<T>::read(value);
}

#define LVX_WIRE(type)                            \
    template std::string to_json(const type&);    \
    template std::expected<type, JsonFault> from_json<type>(std::string_view);
LVX_WIRE(StatusSnapshot)
LVX_WIRE(ServicesSnapshot)
LVX_WIRE(Verdicts)
LVX_WIRE(Interfaces)
LVX_WIRE(ConnectionSnapshot)
LVX_WIRE(model::Timeouts)
LVX_WIRE(Operations)
LVX_WIRE(OperationsOutcome)
LVX_WIRE(ReloadOutcome)
LVX_WIRE(Problem)
#undef LVX_WIRE

}  // namespace lvx::api
