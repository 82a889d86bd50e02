// The kinds of the notification API as the API server names them.
#pragma once

#include "kube/object.h"

namespace sluice::notify {

inline const kube::GroupVersionKind kAlertGvk{"notification.toolkit.fluxcd.io", "v1beta3", "Alert"};
inline const kube::GroupVersionKind kProviderGvk{"notification.toolkit.fluxcd.io", "v1beta3",
                                                 "Provider"};
inline const kube::GroupVersionKind kReceiverGvk{"notification.toolkit.fluxcd.io", "v1",
                                                 "Receiver"};

}  // namespace sluice::notify
