/*
 * help.h - what `hearth --help` and `hearth VERB --help` say.
 */
#ifndef HEARTH_HELP_H
#define HEARTH_HELP_H

/* The overview, and one text a verb. Static. */
extern const char help_overview[];
extern const char help_plan[];
extern const char help_check[];
extern const char help_render[];
extern const char help_facts[];
extern const char help_assets[];
extern const char help_explain[];
extern const char help_version[];

#endif
