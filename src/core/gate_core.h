/*
 * gate_core.h
 *	  The weakest-link gate as pure arithmetic (CGAE, arXiv 2603.15639, section 3).
 *
 * Includes no executor header: callable from fuzzers and unit tests alone.
 */
#ifndef CGAE_GATE_CORE_H
#define CGAE_GATE_CORE_H

/* Tiers T0..T5. */
#define CGAE_TIERS 6

/* The three gated dimensions, in the order in which ties of the binding dimension break. */
typedef enum CgaeDimension
{
	CGAE_CC,					/* constraint compliance */
	CGAE_ER,					/* epistemic robustness */
	CGAE_AS,					/* behavioural alignment */
	CGAE_IH						/* intrinsic-hallucination integrity: a switch, not a step */
} CgaeDimension;

#define CGAE_GATED_DIMENSIONS 3
#define CGAE_DIMENSIONS 4

/*
 * Robustness vector, the in-memory and on-disk layout of cgae.robustness:
 * score[CGAE_CC..CGAE_IH], each a double in [0,1], never NaN, never -0.
 */
typedef struct CgaeRobustness
{
	double		score[CGAE_DIMENSIONS];
} CgaeRobustness;

/* theta[d][k] is the least score of dimension d for tier k; theta[d][0] is 0. */
typedef struct CgaeThresholds
{
	double		theta[CGAE_GATED_DIMENSIONS][CGAE_TIERS];
	double		ih_threshold;
} CgaeThresholds;

/* What the gate found, dimension by dimension. */
typedef struct CgaeGateDetail
{
	int			tier;			/* 0..5 */
	int			step[CGAE_GATED_DIMENSIONS];	/* g_cc, g_er, g_as */
	int			ih_pass;		/* boolean */
	int			binding;		/* CgaeDimension, or -1 at T5 */
	double		gap;			/* distance to the next tier in that dimension; 0 at T5,
								 * which has none.  For ih: the distance to ih_threshold. */
} CgaeGateDetail;

/*
 * The paper's policy (Table 1): in force before a registry exists, and version 1
 * of every registry.
 */
typedef struct CgaePaperPolicy
{
	CgaeThresholds gate;
	const char *budget_ceiling[CGAE_TIERS]; /* exact decimals, in tokens */
	double		audit_intensity[CGAE_TIERS];	/* mu, per time step */
	double		decay_rate;		/* lambda, per time step */
	int			time_step;		/* days */
} CgaePaperPolicy;

extern const CgaePaperPolicy cgae_paper_policy;

/* The note of version 1; a macro, since statements quote it. */
#define CGAE_PAPER_NOTE "defaults of the paper (arXiv 2603.15639)"

/*
 * g(x) = max{k : x >= theta_k}.  The thresholds increase and theta_0 = 0 <= x,
 * so that k is the number of thresholds above theta_0 that x reaches.
 */
static inline int
cgae_gate_core_step(const double *theta, double x)
{
	return (x >= theta[1]) + (x >= theta[2]) + (x >= theta[3]) + (x >= theta[4]) + (x >= theta[5]);
}

/*
 * Tier index 0..5 of a vector: f(R) = T0 if ih < ih_threshold, else the least
 * step (Definition of the gate).  Inline, for a table may be gated row by row,
 * and without a branch that depends on a score: that costs a row a quarter more.
 */
static inline int
cgae_gate_core_tier(const CgaeThresholds *thresholds, const CgaeRobustness *r)
{
	int			cc = cgae_gate_core_step(thresholds->theta[CGAE_CC], r->score[CGAE_CC]);
	int			er = cgae_gate_core_step(thresholds->theta[CGAE_ER], r->score[CGAE_ER]);
	int			as = cgae_gate_core_step(thresholds->theta[CGAE_AS], r->score[CGAE_AS]);
	int			ih_pass = r->score[CGAE_IH] >= thresholds->ih_threshold;
	int			least = cc < er ? cc : er;

	return (least < as ? least : as) * ih_pass;
}

/* min(cc, er, as): the link that decides what an agent puts at risk. */
extern double cgae_gate_core_weakest(const CgaeRobustness *r);

/* The same as cgae_gate_core_tier with every intermediate result. */
extern void cgae_gate_core_detail(const CgaeThresholds *thresholds, const CgaeRobustness *r,
								  CgaeGateDetail *detail);

/*
 * First fault of a set of thresholds, or NULL: each dimension starts at 0,
 * increases strictly, ends at or below 1; ih_threshold in [0,1]; no NaN.
 * The text is static and completes "gate thresholds are refused: ...".
 */
extern const char *cgae_gate_core_fault(const CgaeThresholds *thresholds);

#endif							/* CGAE_GATE_CORE_H */
