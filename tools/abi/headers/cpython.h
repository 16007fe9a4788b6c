/* What CPython's socketmodule adds to the platform's headers: names of its own for things that
   have another name there, and values for those that are missing. */
#ifndef SOL_IP
#define SOL_IP 0
#endif
#ifndef SOL_TCP
#define SOL_TCP 6
#endif
#ifndef SOL_UDP
#define SOL_UDP 17
#endif
#ifndef SOMAXCONN
#define SOMAXCONN 5
#endif
#ifndef IPPORT_RESERVED
#define IPPORT_RESERVED 1024
#endif
#ifndef IPPORT_USERRESERVED
#define IPPORT_USERRESERVED 5000
#endif
#ifndef INADDR_UNSPEC_GROUP
#define INADDR_UNSPEC_GROUP 0xe0000000
#endif
#ifndef INADDR_ALLHOSTS_GROUP
#define INADDR_ALLHOSTS_GROUP 0xe0000001
#endif
#ifndef INADDR_MAX_LOCAL_GROUP
#define INADDR_MAX_LOCAL_GROUP 0xe00000ff
#endif
#ifndef INADDR_NONE
#define INADDR_NONE 0xffffffff
#endif
#ifndef NI_MAXHOST
#define NI_MAXHOST 1025
#endif
#ifndef NI_MAXSERV
#define NI_MAXSERV 32
#endif

#ifdef IPPROTO_UDPLITE
#ifndef UDPLITE_SEND_CSCOV
#define UDPLITE_SEND_CSCOV 10
#endif
#ifndef UDPLITE_RECV_CSCOV
#define UDPLITE_RECV_CSCOV 11
#endif
#endif

#ifdef ALG_SET_KEY /* linux/if_alg.h */
#ifndef ALG_SET_PUBKEY
#define ALG_SET_PUBKEY 6
#endif
#ifndef ALG_OP_SIGN
#define ALG_OP_SIGN 2
#endif
#ifndef ALG_OP_VERIFY
#define ALG_OP_VERIFY 3
#endif
#endif

#ifdef VMADDR_CID_LOCAL /* linux/vm_sockets.h */
#define IOCTL_VM_SOCKETS_GET_LOCAL_CID _IO(7, 0xb9)
#endif

#ifdef CAN_BCM /* linux/can/bcm.h: its names are too short to share a module */
#define CAN_BCM_TX_SETUP TX_SETUP
#define CAN_BCM_TX_DELETE TX_DELETE
#define CAN_BCM_TX_READ TX_READ
#define CAN_BCM_TX_SEND TX_SEND
#define CAN_BCM_RX_SETUP RX_SETUP
#define CAN_BCM_RX_DELETE RX_DELETE
#define CAN_BCM_RX_READ RX_READ
#define CAN_BCM_TX_STATUS TX_STATUS
#define CAN_BCM_TX_EXPIRED TX_EXPIRED
#define CAN_BCM_RX_STATUS RX_STATUS
#define CAN_BCM_RX_TIMEOUT RX_TIMEOUT
#define CAN_BCM_RX_CHANGED RX_CHANGED
#define CAN_BCM_SETTIMER SETTIMER
#define CAN_BCM_STARTTIMER STARTTIMER
#define CAN_BCM_TX_COUNTEVT TX_COUNTEVT
#define CAN_BCM_TX_ANNOUNCE TX_ANNOUNCE
#define CAN_BCM_TX_CP_CAN_ID TX_CP_CAN_ID
#define CAN_BCM_RX_FILTER_ID RX_FILTER_ID
#define CAN_BCM_RX_CHECK_DLC RX_CHECK_DLC
#define CAN_BCM_RX_NO_AUTOTIMER RX_NO_AUTOTIMER
#define CAN_BCM_RX_ANNOUNCE_RESUME RX_ANNOUNCE_RESUME
#define CAN_BCM_TX_RESET_MULTI_IDX TX_RESET_MULTI_IDX
#define CAN_BCM_RX_RTR_FRAME RX_RTR_FRAME
#define CAN_BCM_CAN_FD_FRAME CAN_FD_FRAME
#endif

#if defined(__FreeBSD__) && defined(BLUETOOTH_PROTO_L2CAP)
#define BTPROTO_L2CAP BLUETOOTH_PROTO_L2CAP
#define BTPROTO_RFCOMM BLUETOOTH_PROTO_RFCOMM
#define BTPROTO_HCI BLUETOOTH_PROTO_HCI
#define BTPROTO_SCO BLUETOOTH_PROTO_SCO
#define SOL_HCI SOL_HCI_RAW
#define HCI_FILTER SO_HCI_RAW_FILTER
#define HCI_DATA_DIR SO_HCI_RAW_DIRECTION
#endif
#if defined(__NetBSD__) && defined(BTPROTO_L2CAP)
#define SOL_L2CAP BTPROTO_L2CAP
#define SOL_RFCOMM BTPROTO_RFCOMM
#define SOL_HCI BTPROTO_HCI
#define SOL_SCO BTPROTO_SCO
#define HCI_DATA_DIR SO_HCI_DIRECTION
#endif

/* Families that some systems number without having what belongs to them, or by another design:
   there, CPython leaves them out. */
#ifndef VMADDR_CID_HOST
#undef AF_VSOCK
#endif
#ifndef _WIN32
#undef AF_HYPERV
#ifndef BTPROTO_RFCOMM
#undef AF_BLUETOOTH
#endif
#endif

#ifndef SHUT_RD
#ifdef SD_RECEIVE
#define SHUT_RD SD_RECEIVE
#define SHUT_WR SD_SEND
#define SHUT_RDWR SD_BOTH
#endif
#endif

#ifdef _WIN32
#define AF_BLUETOOTH AF_BTH
#define BTPROTO_RFCOMM BTHPROTO_RFCOMM
#ifdef SIO_TCP_SET_ACK_FREQUENCY
#define TCP_QUICKACK SIO_TCP_SET_ACK_FREQUENCY
#endif
#endif
