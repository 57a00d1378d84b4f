/** The wizard that makes a destination: where it is, what lets the service in, and a last look before it is made. */

import { useMutation, useQueryClient } from "@tanstack/preact-query";
import { useEffect, useRef, useState } from "preact/hooks";
import { SpillwayError } from "spillway-client";
import { useLocation } from "wouter-preact";
import { useSession } from "../../session/session.ts";
import { texts } from "../../texts.ts";
import { faultsOf, Form } from "../../ui/form.tsx";
import { Page } from "../../ui/page.tsx";
import { Empty } from "../../ui/states.tsx";
import { Steps } from "../../ui/steps.tsx";
import { AccessFields } from "./access-fields.tsx";
import { EMPTY_FORM, requestOf } from "./form.ts";
import { ACCESS_POINTERS, asBodyFaults, STEP, stepOfFaults, WHERE_POINTERS } from "./places.ts";
import { Policies, policiesQuery } from "./policies.tsx";
import { DESTINATIONS } from "./queries.ts";
import { Review } from "./review.tsx";
import { storeNamed } from "./stores.ts";
import { WhereFields } from "./where-fields.tsx";

const t = texts.destinations;

export function NewDestination() {
  const { destinationIds } = useSession();
  return <Page title={t.newTitle}>{destinationIds === null ? <Wizard /> : <Empty title={t.noneToMake} />}</Page>;
}

function Wizard() {
  const { spillway } = useSession();
  const [, navigate] = useLocation();
  const queries = useQueryClient();
  const [form, setForm] = useState(EMPTY_FORM);
  const [step, setStep] = useState<number>(STEP.where);
  const heading = useRef<HTMLHeadingElement>(null);
  // Not after a refused call: then the form gives the focus to the first wrong field.
  const hasMoved = useRef(false);
  const go = (to: number) => {
    hasMoved.current = true;
    setStep(to);
  };
  useEffect(() => {
    if (hasMoved.current) heading.current?.focus();
    hasMoved.current = false;
  }, [step]);
  const hasPolicies = storeNamed(form.store).roles;

  // The policies' call is the first that checks bucket and path.
  const where = useMutation({
    mutationFn: async () => {
      if (!hasPolicies) return;
      try {
        await queries.fetchQuery(policiesQuery(spillway, form, false));
      } catch (thrown) {
        // Without an identity the service assumes no role, but access keys need none.
        if (form.access === "role" || !(thrown instanceof SpillwayError) || thrown.code !== "conflict") throw thrown;
      }
    },
    onSuccess: () => go(STEP.access),
  });
  const create = useMutation({
    // It holds the secret: forgotten as soon as this page is left.
    gcTime: 0,
    mutationFn: () => spillway.destinations.create(requestOf(form)),
    onSuccess: async ({ id }) => {
      setForm(EMPTY_FORM);
      await queries.invalidateQueries({ queryKey: DESTINATIONS });
      navigate(`/destinations/${id}/test`);
    },
    onError: (thrown) => setStep(stepOfFaults(faultsOf(thrown))),
  });
  const faults = faultsOf(create.error);
  const back = (
    <button type="button" onClick={() => go(step - 1)}>
      {t.back}
    </button>
  );
  return (
    <>
      <Steps names={t.steps} current={step} />
      <h2 ref={heading} tabIndex={-1}>
        {t.steps[step]}
      </h2>
      {step === STEP.where && (
        <Form
          label={t.newTitle}
          error={where.error ?? create.error}
          pointers={[...WHERE_POINTERS, "#query"]}
          onSubmit={() => {
            create.reset();
            where.mutate();
          }}
        >
          <WhereFields form={form} onForm={setForm} faults={[...asBodyFaults(faultsOf(where.error)), ...faults]} />
          <button class="primary" disabled={where.isPending}>
            {where.isPending ? texts.working : t.next}
          </button>
        </Form>
      )}
      {step === STEP.access && (
        <Form
          label={t.newTitle}
          error={create.error}
          pointers={ACCESS_POINTERS}
          onSubmit={() => {
            create.reset();
            go(STEP.create);
          }}
        >
          {hasPolicies ? <Policies form={form} /> : <p class="prose">{t.storeKeys[form.store]}</p>}
          <AccessFields form={form} onForm={setForm} faults={faults} />
          <div class="row destination-next">
            {back}
            <button class="primary">{t.next}</button>
          </div>
        </Form>
      )}
      {step === STEP.create && (
        <Form label={t.newTitle} error={create.error} pointers={[]} onSubmit={() => create.mutate()}>
          <Review form={form} />
          <div class="row destination-next">
            {back}
            <button class="primary" disabled={create.isPending}>
              {create.isPending ? texts.working : t.create}
            </button>
          </div>
        </Form>
      )}
    </>
  );
}
