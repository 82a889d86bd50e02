// Stands in for the libraries of ZeroMQ transports that Sluice refuses (PGM, NORM, GSSAPI; see endpoint.cc). Only the start and
// the end of libzmq call in here, to set PGM up and down; anything else is a bug and aborts.
#include <stdlib.h>

int sluice_absent_pgm_init(void** error);
int sluice_absent_pgm_init(void** error) {
  (void)error;
  return 1;
}
int sluice_absent_pgm_shutdown(void);
int sluice_absent_pgm_shutdown(void) { return 1; }

void* sluice_absent_GSS_C_NT_HOSTBASED_SERVICE;
void* sluice_absent_GSS_C_NT_USER_NAME;
void* sluice_absent_NORM_INSTANCE_INVALID;
void* sluice_absent_NORM_OBJECT_INVALID;
void* sluice_absent_NORM_SESSION_INVALID;
unsigned long sluice_absent_NORM_NODE_ANY;

#define ABSENT(name)                 \
  void sluice_absent_##name(void);   \
  void sluice_absent_##name(void) { abort(); }

ABSENT(NormCreateInstance)
ABSENT(NormCreateSession)
ABSENT(NormDestroyInstance)
ABSENT(NormDestroySession)
ABSENT(NormGetDescriptor)
ABSENT(NormGetNextEvent)
ABSENT(NormGetRandomSessionId)
ABSENT(NormIsUnicastAddress)
ABSENT(NormNodeDelete)
ABSENT(NormObjectGetType)
ABSENT(NormObjectGetUserData)
ABSENT(NormObjectSetUserData)
ABSENT(NormSetCongestionControl)
ABSENT(NormSetDefaultSyncPolicy)
ABSENT(NormSetDefaultUnicastNack)
ABSENT(NormSetLoopback)
ABSENT(NormSetMulticastInterface)
ABSENT(NormSetRxPortReuse)
ABSENT(NormSetTTL)
ABSENT(NormStartReceiver)
ABSENT(NormStartSender)
ABSENT(NormStopInstance)
ABSENT(NormStopReceiver)
ABSENT(NormStopSender)
ABSENT(NormStreamFlush)
ABSENT(NormStreamOpen)
ABSENT(NormStreamRead)
ABSENT(NormStreamSeekMsgStart)
ABSENT(NormStreamWrite)
ABSENT(gss_accept_sec_context)
ABSENT(gss_acquire_cred)
ABSENT(gss_delete_sec_context)
ABSENT(gss_display_name)
ABSENT(gss_import_name)
ABSENT(gss_init_sec_context)
ABSENT(gss_release_buffer)
ABSENT(gss_release_cred)
ABSENT(gss_release_name)
ABSENT(gss_unwrap)
ABSENT(gss_wrap)
ABSENT(pgm_bind3)
ABSENT(pgm_close)
ABSENT(pgm_connect)
ABSENT(pgm_error_free)
ABSENT(pgm_free)
ABSENT(pgm_freeaddrinfo)
ABSENT(pgm_getaddrinfo)
ABSENT(pgm_getsockopt)
ABSENT(pgm_gsi_create_from_data)
ABSENT(pgm_recvmsgv)
ABSENT(pgm_send)
ABSENT(pgm_setsockopt)
ABSENT(pgm_socket)
