#include "runtime/flags.h"

#include <unistd.h>

#include <CLI/CLI.hpp>
#include <algorithm>
#include <array>
#include <deque>

#include "base/strings.h"

namespace sluice::runtime {

using base::InvalidArgument;
using base::Status;

namespace {

// stands for an empty value, which CLI11 would take for none
constexpr const char* kEmpty = "\x01";

}  // namespace

struct Flags::Impl {
  CLI::App app;
  Status failure;  // of the first value that does not parse
  std::string output;
  std::deque<std::string> texts;               // of the boolean flags; addresses stay
  std::vector<std::function<Status()>> after;  // run once the line is read
  explicit Impl(const std::string& program, std::string description)
      : app(std::move(description), program) {}

  // `set` gets all values given, in order; false: none of them is one.
  void Add(const std::string& name, const std::string& shown, const std::string& help,
           std::function<Status(const std::vector<std::string>&)> set, bool list = false) {
    auto* option = app.add_option(
        "--" + name,
        [this, name, set = std::move(set)](const CLI::results_t& values) {
          std::vector<std::string> given = values;
          for (auto& text : given) {
            if (text == kEmpty) text.clear();
          }
          if (const Status status = set(given); !status.ok() && failure.ok()) {
            failure = InvalidArgument(base::Cat("invalid argument ", base::QuoteGo(given.back()),
                                                " for \"--", name, "\" flag: ", status.message()));
          }
          return true;
        },
        help);
    option->type_size(1)->expected(1)->allow_extra_args(false)->default_str(shown);
    option->multi_option_policy(list ? CLI::MultiOptionPolicy::TakeAll
                                     : CLI::MultiOptionPolicy::TakeLast);
  }
};

Flags::Flags(std::string program, std::string description)
    : impl_(std::make_unique<Impl>(program, std::move(description))) {
  impl_->app.allow_extras(false);
}
Flags::~Flags() = default;

void Flags::Add(const std::string& name, std::string& value, const std::string& help) {
  impl_->Add(name, value, help, [&value](const auto& v) {
    value = v.back();
    return Status();
  });
}

void Flags::Add(const std::string& name, bool& value, const std::string& help) {
  // The text is taken by a string flag, "true" when none is given, so that pflag's words come out
  // for a wrong one.
  auto& text = impl_->texts.emplace_back(value ? "true" : "false");
  impl_->app.add_flag("--" + name, text, help)
      ->default_str(text)
      ->multi_option_policy(CLI::MultiOptionPolicy::TakeLast);
  impl_->after.push_back([&value, &text, name]() -> Status {
    if (const auto parsed = base::ParseBool(text)) {
      value = *parsed;
      return {};
    }
    return InvalidArgument(base::Cat("invalid argument ", base::QuoteGo(text), " for \"--", name,
                                     "\" flag: strconv.ParseBool: parsing ", base::QuoteGo(text),
                                     ": invalid syntax"));
  });
}

namespace {

template <class T>
Status SetInteger(T& value, const std::string& text) {
  const auto parsed = base::ParseInt64(text);
  if (!parsed)
    return InvalidArgument(
        base::Cat("strconv.ParseInt: parsing ", base::QuoteGo(text), ": invalid syntax"));
  if (*parsed < std::numeric_limits<T>::min() || *parsed > std::numeric_limits<T>::max()) {
    return InvalidArgument(
        base::Cat("strconv.ParseInt: parsing ", base::QuoteGo(text), ": value out of range"));
  }
  value = static_cast<T>(*parsed);
  return {};
}

std::string Trimmed(double v) {
  std::string text = std::to_string(v);
  return std::string(base::TrimRight(base::TrimRight(text, "0"), "."));
}

}  // namespace

void Flags::Add(const std::string& name, int& value, const std::string& help) {
  impl_->Add(name, std::to_string(value), help,
             [&value](const auto& v) { return SetInteger(value, v.back()); });
}

void Flags::Add(const std::string& name, int64_t& value, const std::string& help) {
  impl_->Add(name, std::to_string(value), help,
             [&value](const auto& v) { return SetInteger(value, v.back()); });
}

void Flags::Add(const std::string& name, double& value, const std::string& help) {
  impl_->Add(name, Trimmed(value), help, [&value](const auto& v) {
    const auto parsed = base::ParseDouble(v.back());
    if (!parsed)
      return InvalidArgument(
          base::Cat("strconv.ParseFloat: parsing ", base::QuoteGo(v.back()), ": invalid syntax"));
    value = *parsed;
    return Status();
  });
}

void Flags::Add(const std::string& name, base::Duration& value, const std::string& help) {
  impl_->Add(name, base::FormatDuration(value), help, [&value](const auto& v) {
    const auto parsed = base::ParseDuration(v.back());
    if (!parsed.ok()) return parsed.status();
    value = *parsed;
    return Status();
  });
}

void Flags::Add(const std::string& name, std::vector<std::string>& value, const std::string& help) {
  impl_->Add(
      name, base::Join(value, ","), help,
      [&value](const auto& given) {
        value.clear();
        for (const auto& text : given) {
          for (const auto part : base::Split(text, ",")) {
            if (!part.empty()) value.emplace_back(part);
          }
        }
        return Status();
      },
      true);
}

Status Flags::Parse(int argc, const char* const* argv) {
  // CLI11 takes the arguments from the back, and reads the value of a flag given as "--x=" as
  // missing.
  std::vector<std::string> args;
  for (int i = argc - 1; i > 0; --i) args.emplace_back(argv[i]);
  for (auto& arg : args) {
    if (arg.starts_with("--") && arg.size() > 3 && arg.ends_with('=') &&
        std::ranges::count(arg, '=') == 1)
      arg += kEmpty;
  }
  try {
    impl_->app.parse(std::move(args));
  } catch (const CLI::CallForHelp&) {
    impl_->output = impl_->app.help();
    return base::Cancelled("help requested");
  } catch (const CLI::ExtrasError& e) {
    const std::string_view text = e.what();
    const size_t at = text.rfind(": ");
    return InvalidArgument(
        base::Cat("unknown flag: ", at == text.npos ? text : text.substr(at + 2)));
  } catch (const CLI::Error& e) {
    return InvalidArgument(e.what());
  }
  for (const auto& fn : impl_->after) SLUICE_TRY(fn());
  return impl_->failure;
}

const std::string& Flags::output() const { return impl_->output; }

bool Flags::WasSet(const std::string& name) const {
  try {
    return impl_->app.get_option("--" + name)->count() > 0;
  } catch (const CLI::Error&) {
    return false;
  }
}

Status FeatureGates::Set(const std::vector<std::string>& assignments) {
  for (const std::string& assignment : assignments) {
    const auto pair = base::Cut(assignment, "=");
    const std::string name(base::TrimSpace(pair ? pair->first : assignment));
    const auto it = gates_.find(name);
    if (it == gates_.end())
      return InvalidArgument(base::Cat("feature-gate '", name, "' not supported"));
    const auto value = pair ? base::ParseBool(base::TrimSpace(pair->second)) : std::nullopt;
    if (!value) return InvalidArgument(base::Cat("invalid value of feature-gate '", name, "'"));
    it->second = *value;
  }
  return {};
}

bool FeatureGates::Enabled(const std::string& name) const {
  const auto it = gates_.find(name);
  SLUICE_CHECK(it != gates_.end());
  return it->second;
}

void CommonFlags::AddTo(Flags& flags, const Environment& env,
                        const std::vector<std::string>& skip) {
  const auto add = [&](const std::string& name, auto& value, const std::string& help) {
    if (std::ranges::find(skip, name) == skip.end()) flags.Add(name, value, help);
  };
  metrics_addr = env.Get("METRICS_ADDR", metrics_addr);
  events_addr = env.Get("EVENTS_ADDR", events_addr);
  runtime_namespace = env.Get("RUNTIME_NAMESPACE", "flux-system");
  temp_dir = env.Get("TMPDIR", "/tmp");
  hostname = env.Get("HOSTNAME");
  if (hostname.empty()) {
    std::array<char, 256> name{};
    if (gethostname(name.data(), name.size() - 1) == 0) hostname = name.data();
  }
  add("metrics-addr", metrics_addr, "The address the metric endpoint binds to.");
  add("health-addr", health_addr, "The address the health endpoint binds to.");
  add("events-addr", events_addr, "The address of the events receiver.");
  add("concurrent", concurrent, "The number of concurrent reconciles.");
  add("requeue-dependency", requeue_dependency,
      "The interval at which failing dependencies are reevaluated.");
  add("log-level", log_level,
      "Log verbosity level. Can be one of 'trace', 'debug', 'info', 'error'.");
  add("log-encoding", log_encoding, "Log encoding format. Can be 'json' or 'console'.");
  add("enable-leader-election", enable_leader_election,
      "Only one replica acts; a Lease decides which.");
  add("leader-election-release-on-cancel", leader_election_release_on_cancel,
      "Give the Lease up at shutdown.");
  add("leader-election-lease-duration", leader_election_lease_duration,
      "How long a Lease counts after its renewal.");
  add("leader-election-renew-deadline", leader_election_renew_deadline,
      "How long the leader retries a renewal.");
  add("leader-election-retry-period", leader_election_retry_period,
      "How long to wait between tries.");
  add("watch-all-namespaces", watch_all_namespaces,
      "Watch all namespaces; if false only the runtime namespace.");
  add("watch-label-selector", watch_label_selector,
      "Watch only objects with these labels, e.g. 'sharding.fluxcd.io/key=shard1'.");
  add("watch-configs-label-selector", watch_configs_label_selector,
      "Which ConfigMaps and Secrets wake their users.");
  add("no-cross-namespace-refs", no_cross_namespace_refs,
      "Refuse references to objects of other namespaces.");
  add("interval-jitter-percentage", interval_jitter_percentage,
      "Percentage of jitter of intervals.");
  add("min-retry-delay", min_retry_delay, "The first delay before a failed object is retried.");
  add("max-retry-delay", max_retry_delay, "The longest delay before a failed object is retried.");
  add("feature-gates", feature_gates, "A list of Gate=true|false.");
  add("kube-api-qps", kube_api_qps, "Accepted; the API server's priority and fairness decides.");
  add("kube-api-burst", kube_api_burst,
      "Accepted; the API server's priority and fairness decides.");
  add("kubeconfig", kubeconfig,
      "Path of a kubeconfig file; else KUBECONFIG, else the pod's own account.");
  add("default-service-account", default_service_account,
      "The service account to impersonate when an object names none.");
  add("token-cache-max-size", token_cache_max_size,
      "The maximum size of the token cache; 0 disables it.");
  add("token-cache-max-duration", token_cache_max_duration, "The maximum time a token is cached.");
  add("bus-bind", bus_bind, "Bus endpoint to serve: tcp://*:port, ipc:///path, or 'off'.");
  add("bus-source", bus_source,
      "Bus endpoints of the source process; unset: found through its Lease; or 'off'.");
  add("bus-notify", bus_notify,
      "Bus endpoint of the notify process; unset: found through its Lease; or 'off'.");
  add("bus-keys", bus_keys, "Directory of the bus keys.");
  add("bus-insecure", bus_insecure, "Allow the bus over tcp without keys.");
}

Status CommonFlags::Check() const {
  if (interval_jitter_percentage < 0 || interval_jitter_percentage > 99) {
    return InvalidArgument(
        "the interval jitter percentage must be a non-negative value and less than 100");
  }
  if (concurrent < 1)
    return InvalidArgument("the number of concurrent reconciles must be at least 1");
  if (log_encoding != "json" && log_encoding != "console") {
    return InvalidArgument(base::Cat("unknown log encoding '", log_encoding, "'"));
  }
  SLUICE_TRY(Level());
  if (min_retry_delay.count() <= 0 || max_retry_delay < min_retry_delay) {
    return InvalidArgument("the minimum retry delay must be positive and not above the maximum");
  }
  if (leader_election_retry_period.count() <= 0 ||
      leader_election_renew_deadline <= leader_election_retry_period ||
      leader_election_lease_duration <= leader_election_renew_deadline) {
    return InvalidArgument("leader election needs retry period < renew deadline < lease duration");
  }
  return {};
}

}  // namespace sluice::runtime
