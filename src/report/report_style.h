/*
 * report_style.h
 *	  How a report looks.
 */
#ifndef CGAE_REPORT_STYLE_H
#define CGAE_REPORT_STYLE_H

/* The style sheet of the page, ASCII, without anything loaded from elsewhere. */
extern const char cgae_report_style[];

#endif							/* CGAE_REPORT_STYLE_H */
