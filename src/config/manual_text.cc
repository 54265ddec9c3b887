// What lvx.conf(5) says before it lists keywords.  Its examples are loaded by a test.
#include "config/manual.hh"

namespace lvx::config {
namespace {

constexpr std::string_view text = R"(.\" Made from the table of keywords by src/config/manual.cc; a test says when it is old.
.TH LVX.CONF 5 "" "lvx 0.1.0" "File Formats"
.SH NAME
lvx.conf \- configuration of lvxd, the Linux virtual server director
.SH DESCRIPTION
The language is that of
.BR keepalived.conf (5),
and a keepalived.conf is read as it is; keywords that only lvx has are told apart at the end of their blocks.
.B lvx config check
.I FILE
says everything that is wrong with a file, without a daemon and without root;
.B lvx help
.I KEYWORD
explains one keyword.
.SS Lines and words
A line holds one keyword and its arguments.
What belongs to it stands in braces, behind it or on the next lines.
# and ! begin a comment, except inside "...".
Words in "..." may hold blanks and braces; command lines also take '...' and backslashes.
Times are seconds and may have decimals, where nothing else is said; addresses and ports are numbers.
Switches take on, true, yes or off, false, no; alone they are on.
Blocks may stand in any order: what refers to a name finds it anywhere.
.SS Files
.TP
\fBinclude\fR PATTERN
Reads the files that match, in alphabetical order, relative to the file it stands in.
\fBincluder\fR wants them readable, \fBincludem\fR a file without wildcards there, \fBincludew\fR a match of wildcards too,
\fBincludeb\fR one for each alternative in braces, \fBincludea\fR all of this.
.SS Conditions and definitions
.TP
\fB@ID\fR LINE, \fB@^ID\fR LINE
The line counts if the configuration's name is, or is not, ID: the host's name up to its first dot, or what lvxd got by \-\-config\-id.
.TP
\fB$NAME=VALUE\fR
Defines what $NAME and ${NAME} stand for on later lines; a backslash at the end of a line goes on with the next one.
${_PWD}, ${_INSTANCE}, ${_RANDOM}, ${_HASH}, ${_BANG} and ${_ENV NAME} are there already.
.TP
\fB~SEQ\fR(VAR, START, STEP, END) LINE
Repeats a line with $VAR counting; \fB~SEQx\fR counts in hexadecimal, \fB~LST\fR(VAR, A, B, ...) takes a list.
.SS Mistakes
What keepalived changes silently is an error: nothing is applied, and all mistakes are told at once.
Lines without effect that are common in old files, and settings without meaning here, are warnings.
.SH EXAMPLES
One address, three servers behind it, each asked for a page every five seconds:
.PP
.EX
virtual_server 192.168.88.23 80 {
    protocol TCP
    lvs_sched rr
    lvs_method NAT
    delay_loop 5
    real_server 10.0.0.2 80 {
        HTTP_GET {
            url {
                path /index.html
                status_code 200
            }
        }
    }
    real_server 10.0.0.3 80 {
        weight 2
        TCP_CHECK {
            connect_timeout 2
        }
    }
    real_server 10.0.0.4 80 {
    }
}
.EE
.PP
Two directors, one file; the address moves when one dies, or when its web server does:
.PP
.EX
$SELF=192.168.88.2
$OTHER=192.168.88.3
@second $SELF=192.168.88.3
@second $OTHER=192.168.88.2

vrrp_script web {
    script "/usr/bin/pgrep \-x nginx"
    interval 2
    weight \-20
}
vrrp_instance VI_1 {
    interface eth0
    virtual_router_id 51
    @^second priority 100
    @second priority 90
    advert_int 1
    unicast_src_ip $SELF
    unicast_peer {
        $OTHER
    }
    track_script {
        web
    }
    virtual_ipaddress {
        192.168.88.23/24 dev eth0
    }
    notify "/usr/local/bin/role\-changed"
}
.EE
.PP
Ten servers by one line:
.PP
.EX
virtual_server 192.168.88.23 443 {
    protocol TCP
    lvs_sched wlc
    lvs_method NAT
    ~SEQ(n, 1, 10) real_server 10.0.0.$n 443 { }
}
.EE
)";

}  // namespace

std::string_view manual_text() { return text; }

}  // namespace lvx::config
