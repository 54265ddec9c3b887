// Checks against the servers that sites really run, on loopback in a network namespace of the test's own: each good, and
// bad in the ways its operator could make it.
#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <fcntl.h>
#include <net/if.h>
#include <sched.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cstring>
#include <filesystem>
#include <fstream>

#include "base/test_folder.hh"
#include "health/single.hh"
#include "lab/process.hh"

namespace lvx::health {
namespace {

using ::testing::HasSubstr;
using ::testing::StartsWith;
namespace fs = std::filesystem;

constexpr lab::Milliseconds patience{60'000};

// Servers run as somebody else.
struct Folder : TestFolder {
    Folder() { fs::permissions(path(), fs::perms::others_exec | fs::perms::others_read, fs::perm_options::add); }
    void write(const std::string& name, const std::string& text) const { std::ofstream(file(name)) << text; }
};

class Servers : public ::testing::Test {
 protected:
    void run(const std::vector<std::string>& words) {
        const auto outcome = lab::run(here_.get(), {.argv = words, .environment = {}, .output = {}, .directory = folder_.path()}, patience);
        ASSERT_TRUE(outcome) << outcome.error().sentence();
        ASSERT_EQ(outcome->status, 0) << words.front() << ": " << outcome->out << outcome->err;
    }
    void serve(const std::vector<std::string>& words) {
        auto started = lab::start(here_.get(), {.argv = words, .environment = {}, .output = folder_.path() + "/output", .directory = folder_.path()});
        ASSERT_TRUE(started) << started.error().sentence();
        processes_.push_back(std::move(*started));
    }
    [[nodiscard]] static model::Check check_on(Port port, model::CheckKind kind) {
        return {.target = {.endpoint = {Address::v4(0x7f000001), port}, .bind = {}, .bind_interface = {}},
                .timing = {.connect_timeout = std::chrono::seconds(20)}, .kind = std::move(kind)};
    }
    [[nodiscard]] Outcome ask(Port port, model::CheckKind kind) const { return run_single(check_on(port, std::move(kind)), trust_, start_check); }
    // Servers take a moment to come up.
    void expect_passes(Port port, const model::CheckKind& kind) const {
        Outcome last;
        const bool passed = lab::wait_until(patience, [&] {
            last = ask(port, kind);
            return last.verdict == Verdict::passed;
        });
        EXPECT_TRUE(passed) << last.reason;
    }
    void expect_fails(Port port, model::CheckKind kind, const std::string& reason) const {
        const Outcome outcome = ask(port, std::move(kind));
        EXPECT_EQ(outcome.verdict, Verdict::failed);
        EXPECT_THAT(outcome.reason, HasSubstr(reason));
    }
    [[nodiscard]] static model::GreetingCheck greeting(model::Greeting protocol, std::string login, std::string password) {
        return {.protocol = protocol, .login = std::move(login), .password = std::move(password), .database = {}};
    }

    Fd here_{::open("/proc/self/ns/net", O_RDONLY | O_CLOEXEC)};
    Folder folder_;
    Trust trust_;
    std::vector<lab::Process> processes_;
};

TEST_F(Servers, nginx_answers_pages_refusals_and_digests) {
    folder_.write("index.html", "hello");
    folder_.write("nginx.conf", fmt::format("daemon off; master_process off; pid {0}/pid; error_log stderr; events {{}} http {{ access_log off;"
                                            "client_body_temp_path {0}/b; proxy_temp_path {0}/p; fastcgi_temp_path {0}/f; uwsgi_temp_path {0}/u; scgi_temp_path {0}/s;"
                                            "server {{ listen 8080; root {0}; location /busy {{ return 503; }} location /elsewhere {{ return 301 /; }} }} }}", folder_.path()));
    serve({"nginx", "-c", folder_.path() + "/nginx.conf"});
    model::HttpCheck http;
    http.urls.push_back({});
    expect_passes(8080, http);
    http.urls[0].digest = std::array<std::uint8_t, 16>{0x5d, 0x41, 0x40, 0x2a, 0xbc, 0x4b, 0x2a, 0x76, 0xb9, 0x71, 0x9d, 0x91, 0x10, 0x17, 0xc5, 0x92};
    http.urls[0].regex = "^hel+o$";
    http.protocol = model::HttpProtocol::http_1_1;
    expect_passes(8080, http);
    http.urls[0].regex = "good bye";
    expect_fails(8080, http, "does not match");
    for (const auto& [path, reason] : {std::pair{"/busy", "status 503, wanted 200-299"}, {"/elsewhere", "status 301"}, {"/nothing", "status 404"}}) {
        model::HttpCheck bad;
        bad.urls.push_back({.path = path});
        expect_fails(8080, bad, reason);
    }
}

TEST_F(Servers, openssl_is_not_verified_unless_asked_and_then_strictly) {
    run({"openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-keyout", "key.pem", "-out", "cert.pem", "-days", "2", "-subj", "/CN=www.example.org",
         "-addext", "subjectAltName=DNS:www.example.org"});
    serve({"openssl", "s_server", "-accept", "4433", "-cert", "cert.pem", "-key", "key.pem", "-www", "-quiet"});
    model::HttpCheck https = {.tls = true, .virtualhost = "www.example.org", .sni_name = {}};
    https.urls.push_back({});
    expect_passes(4433, https);
    https.tls_verify = true;
    expect_fails(4433, https, "certificate: self");
    trust_.ca = folder_.path() + "/cert.pem";
    expect_passes(4433, https);
    https.virtualhost = "other.example.org";
    expect_fails(4433, https, "certificate: hostname mismatch");
    https.tls = false;
    EXPECT_EQ(ask(4433, https).verdict, Verdict::failed) << "plain words to a TLS server";
}

TEST_F(Servers, redis_pings_with_its_password_only) {
    serve({"redis-server", "--port", "6390", "--bind", "127.0.0.1", "--save", "", "--requirepass", "secret", "--dir", folder_.path()});
    expect_passes(6390, greeting(model::Greeting::redis, "", "secret"));
    expect_fails(6390, greeting(model::Greeting::redis, "", "wrong"), "WRONGPASS");
    expect_fails(6390, greeting(model::Greeting::redis, "", ""), "NOAUTH");
}

TEST_F(Servers, unbound_answers_what_it_knows) {
    folder_.write("unbound.conf", fmt::format("server:\n interface: 127.0.0.1@5300\n do-daemonize: no\n username: \"\"\n chroot: \"\"\n pidfile: \"{}/pid\"\n"
                                              " use-syslog: no\n local-zone: \"example.\" static\n local-data: \"well.example. A 10.0.0.1\"\n"
                                              "remote-control:\n control-enable: no\n", folder_.path()));
    serve({"unbound", "-d", "-c", folder_.path() + "/unbound.conf"});
    expect_passes(5300, model::DnsCheck{.type = model::DnsType::a, .name = "well.example"});
    expect_fails(5300, model::DnsCheck{.type = model::DnsType::a, .name = "ill.example"}, "NXDOMAIN");
    expect_passes(5300, model::UdpCheck{});
}

TEST_F(Servers, bind_answers_what_it_knows) {
    folder_.write("zone", "$TTL 60\n@ IN SOA localhost. root.localhost. 1 60 60 60 60\n@ IN NS localhost.\nwell IN A 10.0.0.1\n");
    folder_.write("named.conf", fmt::format("options {{ directory \"{0}\"; listen-on port 5301 {{ 127.0.0.1; }}; listen-on-v6 {{ none; }}; recursion no;\n"
                                            "pid-file \"{0}/pid\"; session-keyfile \"{0}/key\"; }};\ncontrols {{ }};\n"
                                            "zone \"example\" {{ type primary; file \"{0}/zone\"; }};\n", folder_.path()));
    serve({"named", "-g", "-n", "1", "-c", folder_.path() + "/named.conf"});
    expect_passes(5301, model::DnsCheck{.type = model::DnsType::a, .name = "well.example"});
    expect_passes(5301, model::DnsCheck{.type = model::DnsType::soa, .name = "example"});
    expect_fails(5301, model::DnsCheck{.type = model::DnsType::a, .name = "ill.example"}, "NXDOMAIN");
    expect_fails(5301, model::DnsCheck{.type = model::DnsType::a, .name = "elsewhere.test"}, "REFUSED");
}

TEST_F(Servers, mariadb_logs_in_with_its_password_only) {
    const std::string data = folder_.path() + "/data";
    folder_.write("users.sql", "CREATE USER 'check'@'%' IDENTIFIED BY 'secret';\n");
    fs::permissions(folder_.path(), fs::perms::all);
    const std::vector<std::string> small = {"--no-defaults", "--user=mysql", "--datadir=" + data, "--innodb-log-file-size=4M", "--innodb-buffer-pool-size=8M",
                                            "--innodb-flush-method=nosync"};
    std::vector<std::string> make = {"mariadb-install-db", "--skip-test-db", "--auth-root-authentication-method=normal"}, words = {"mariadbd"};
    make.insert(make.begin() + 1, small.begin(), small.end());
    run(make);
    words.insert(words.end(), small.begin(), small.end());
    words.insert(words.end(), {"--port=3390", "--bind-address=127.0.0.1", "--socket=" + folder_.path() + "/socket", "--skip-name-resolve",
                               "--init-file=" + folder_.path() + "/users.sql", "--skip-log-bin"});
    serve(words);
    expect_passes(3390, greeting(model::Greeting::mysql, "", ""));
    expect_passes(3390, greeting(model::Greeting::mysql, "check", "secret"));
    expect_fails(3390, greeting(model::Greeting::mysql, "check", "wrong"), "Access denied");
}

TEST_F(Servers, vsftpd_lets_anonymous_in_and_nobody_else) {
    fs::create_directory(folder_.path() + "/empty");
    folder_.write("vsftpd.conf", fmt::format("listen=YES\nlisten_address=127.0.0.1\nlisten_port=2121\nbackground=NO\nanonymous_enable=YES\nno_anon_password=YES\n"
                                             "secure_chroot_dir={0}/empty\nanon_root={0}/empty\nseccomp_sandbox=NO\n", folder_.path()));
    serve({"vsftpd", folder_.path() + "/vsftpd.conf"});
    expect_passes(2121, greeting(model::Greeting::ftp, "", ""));
    expect_passes(2121, greeting(model::Greeting::ftp, "anonymous", "check@example.org"));
    expect_fails(2121, greeting(model::Greeting::ftp, "nobody-here", "x"), "wanted");
}

TEST_F(Servers, exim_takes_a_helo) {
    serve({"exim4", "-bdf", "-oX", "127.0.0.1.2525", "-oP", folder_.path() + "/pid"});
    expect_passes(2525, model::SmtpCheck{});
}

TEST_F(Servers, dovecot_lets_a_mailbox_in_with_its_password) {
    folder_.write("dovecot.conf", fmt::format("protocols = imap pop3\nbase_dir = {0}/run\nstate_dir = {0}/run\nlog_path = {0}/log\nssl = no\ndisable_plaintext_auth = no\n"
                                              "mail_location = mbox:{0}/mail\nlisten = 127.0.0.1\npassdb {{\n driver = static\n args = password=secret\n}}\n"
                                              "userdb {{\n driver = static\n args = uid=mail gid=mail home={0}/mail\n}}\n"
                                              "service imap-login {{\n inet_listener imap {{\n port = 1430\n }}\n}}\nservice pop3-login {{\n inet_listener pop3 {{\n port = 1100\n }}\n}}\n",
                                              folder_.path()));
    serve({"dovecot", "-F", "-c", folder_.path() + "/dovecot.conf"});
    expect_passes(1430, greeting(model::Greeting::imap, "", ""));
    expect_passes(1100, greeting(model::Greeting::pop3, "", ""));
    expect_fails(1100, greeting(model::Greeting::imap, "", ""), "wanted \"* OK\"");
}

TEST_F(Servers, slapd_binds) {
    folder_.write("slapd.conf", fmt::format("modulepath /usr/lib/ldap\npidfile {}/pid\ndatabase config\nrootdn cn=config\nrootpw secret\n", folder_.path()));
    serve({"slapd", "-d", "0", "-h", "ldap://127.0.0.1:3890", "-f", folder_.path() + "/slapd.conf"});
    expect_passes(3890, greeting(model::Greeting::ldap, "", ""));
    expect_passes(3890, greeting(model::Greeting::ldap, "cn=config", "secret"));
    expect_fails(3890, greeting(model::Greeting::ldap, "cn=config", "wrong"), "result 49");
}

TEST_F(Servers, postgresql_logs_in_by_scram) {
    const std::string data = folder_.path() + "/data";
    std::string programs;
    for (const auto& version : fs::directory_iterator("/usr/lib/postgresql")) programs = version.path().string() + "/bin/";
    folder_.write("password", "secret");
    fs::permissions(folder_.path(), fs::perms::all);
    run({"runuser", "-u", "postgres", "--", programs + "initdb", "-D", data, "-A", "scram-sha-256", "--pwfile", folder_.path() + "/password", "--no-sync"});
    serve({"runuser", "-u", "postgres", "--", programs + "postgres", "-D", data, "-p", "5433", "-c", "listen_addresses=127.0.0.1", "-c",
           "unix_socket_directories=" + folder_.path(), "-c", "fsync=off"});
    expect_passes(5433, greeting(model::Greeting::postgresql, "", ""));
    expect_passes(5433, greeting(model::Greeting::postgresql, "postgres", "secret"));
    expect_fails(5433, greeting(model::Greeting::postgresql, "postgres", "wrong"), "password authentication failed");
}

bool enter_namespace() {
    if (::unshare(CLONE_NEWNET) != 0) return false;
    const Fd socket(::socket(AF_INET, SOCK_DGRAM, 0));
    ifreq loopback{};
    std::memcpy(loopback.ifr_name, "lo", 3);
    loopback.ifr_flags = IFF_UP | IFF_RUNNING;
    return ::ioctl(socket.get(), SIOCSIFFLAGS, &loopback) == 0;
}

}  // namespace
}  // namespace lvx::health

int main(int count, char** words) {
    ::testing::InitGoogleTest(&count, words);
    if (!lvx::health::enter_namespace()) {
        std::fputs("servers_test: needs root, for a network namespace of its own\n", stderr);
        return 1;
    }
    return RUN_ALL_TESTS();
}
