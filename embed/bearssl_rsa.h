/*
 * bearssl_rsa.h - included between BearSSL's inner.h and its RSA public operation, and nowhere else.
 *
 * That operation has room for its fast arithmetic and a window by BR_MAX_RSA_SIZE: too little for 4096 bits (Azure's
 * issuing CAs), where it takes the slow one without a word. What keys are taken is bounded by its callers' buffers.
 */
#undef BR_MAX_RSA_SIZE
#define BR_MAX_RSA_SIZE 10240
