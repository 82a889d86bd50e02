#include "timestamp.h"

#include <openssl/err.h>
#include <openssl/ts.h>

#include "base/owned.h"
#include "base/strings.h"

namespace sluice::sigstore {
namespace {

using Response = base::Owned<TS_RESP, TS_RESP_free>;
using Check = base::Owned<TS_VERIFY_CTX, TS_VERIFY_CTX_free>;

constexpr size_t kMaxResponse = 64 << 10;

base::Result<Response> Parse(std::string_view der) {
  if (der.size() > kMaxResponse) return base::ResourceExhausted("timestamp is larger than 64 KiB");
  const auto* at = reinterpret_cast<const unsigned char*>(der.data());
  Response response(d2i_TS_RESP(nullptr, &at, static_cast<long>(der.size())));
  if (response == nullptr ||
      at != reinterpret_cast<const unsigned char*>(der.data()) + der.size()) {
    return base::InvalidArgument(
        base::Cat("error parsing response into Timestamp: ", LastOpenSslError()));
  }
  if (TS_RESP_get_tst_info(response.get()) == nullptr)
    return base::PermissionDenied("timestamp response is not valid: nothing was stamped");
  return response;
}

base::Result<base::Time> TimeOf(const TS_RESP* response) {
  std::tm tm{};
  const ASN1_GENERALIZEDTIME* time =
      TS_TST_INFO_get_time(TS_RESP_get_tst_info(const_cast<TS_RESP*>(response)));
  if (time == nullptr || ASN1_TIME_to_tm(time, &tm) != 1)
    return base::InvalidArgument("timestamp response is not valid: malformed time");
  return base::FromUnixSeconds(timegm(&tm));
}

// OpenSSL's own rules: the signer's certificate is named in what it signs, its one purpose is
// stamping, and the imprint is the message's.
base::Status CheckResponse(TS_RESP* response, std::string_view message,
                           const TimestampAuthority& authority, base::Time at) {
  const Check check(TS_VERIFY_CTX_new());
  X509_STORE* store = X509_STORE_new();
  TS_VERIFY_CTX_set_store(check.get(), store);  // and owns it
  X509_STORE_add_cert(store, authority.root.get());
  X509_VERIFY_PARAM* param = X509_STORE_get0_param(store);
  X509_VERIFY_PARAM_set_time(
      param, std::chrono::duration_cast<std::chrono::seconds>(at.time_since_epoch()).count());
  X509_VERIFY_PARAM_set_flags(param, X509_V_FLAG_PARTIAL_CHAIN);
  STACK_OF(X509)* known = sk_X509_new_null();
  const auto add = [known](const Certificate& c) {
    X509_up_ref(c.get());
    sk_X509_push(known, c.get());
  };
  for (const Certificate& c : authority.intermediates) add(c);
  if (authority.leaf) add(*authority.leaf);
  TS_VERIFY_CTX_set_certs(check.get(), known);  // and owns them
  TS_VERIFY_CTX_set_data(check.get(),
                         BIO_new_mem_buf(message.data(), static_cast<int>(message.size())));
  TS_VERIFY_CTX_set_flags(check.get(), TS_VFY_SIGNATURE | TS_VFY_VERSION | TS_VFY_DATA);
  if (TS_RESP_verify_response(check.get(), response) != 1) {
    return base::PermissionDenied(
        base::Cat("error while verifying with chain: ", LastOpenSslError()));
  }
  ERR_clear_error();
  return base::OkStatus();
}

// An authority that is named with its certificate signs with that one.
bool SignedByLeaf(TS_RESP* response, const TimestampAuthority& authority) {
  if (!authority.leaf) return true;
  STACK_OF(X509)* known = sk_X509_new_null();
  sk_X509_push(known, authority.leaf->get());
  STACK_OF(X509)* signers = PKCS7_get0_signers(TS_RESP_get_token(response), known, PKCS7_NOINTERN);
  const bool found = signers != nullptr && sk_X509_num(signers) == 1;
  sk_X509_free(signers);
  sk_X509_free(known);
  ERR_clear_error();
  return found;
}

}  // namespace

base::Result<base::Time> VerifyTimestamp(std::string_view response, std::string_view message,
                                         const std::vector<TimestampAuthority>& authorities) {
  SLUICE_TRY(const Response parsed, Parse(response));
  SLUICE_TRY(const base::Time at, TimeOf(parsed.get()));
  base::Status why = base::PermissionDenied(
      "unable to verify signed timestamps: no timestamp authority is trusted");
  for (const TimestampAuthority& authority : authorities) {
    if (authority.from && at < *authority.from) {
      why = base::PermissionDenied("timestamp is before the validity start time");
    } else if (authority.until && at > *authority.until) {
      why = base::PermissionDenied("timestamp is after the validity end time");
    } else if (!SignedByLeaf(parsed.get(), authority)) {
      why = base::PermissionDenied("timestamp is by another certificate than the authority's");
    } else {
      why = CheckResponse(parsed.get(), message, authority, at);
      if (why.ok()) return at;
    }
  }
  return why;
}

}  // namespace sluice::sigstore
