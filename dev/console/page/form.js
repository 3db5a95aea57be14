/** The form: a sample, or one's own pictures. */
import { byId } from "./element.js";
import { setUpOwnPictures } from "./own-pictures.js";
import { setUpSamples } from "./samples.js";

/** Submits what is in a form; resolves with the record's id. */
async function submit(body) {
  const response = await fetch("/api/submissions", { method: "POST", body });
  const answer = await response.json();
  if (!response.ok) throw new Error(answer.error);
  return answer.kycId;
}

/** Sets the form up. `onSubmitted` gets the record's id, `refresh` resolves with the newest list of records. */
export function setUpForm({ overview, onSubmitted, refresh }) {
  const form = byId("form");
  const samples = setUpSamples({ ...overview, submit, refresh });
  const own = setUpOwnPictures(overview);
  const isSample = () => form.elements.kind.value === "sample";

  function update() {
    byId("sample").hidden = !isSample();
    byId("own").hidden = isSample();
    byId("submit").textContent = isSample() ? "Run this sample" : "Check these pictures";
    byId("form-error").textContent = "";
  }

  async function send() {
    byId("form-error").textContent = "";
    byId("submit").disabled = true;
    try {
      onSubmitted(await submit(isSample() ? samples.chosen() : own.chosen()));
    } catch (error) {
      byId("form-error").textContent = error instanceof TypeError ? "The console does not answer." : error.message;
    } finally {
      byId("submit").disabled = false;
    }
  }

  for (const one of form.elements.kind) one.addEventListener("change", update);
  form.addEventListener("submit", (event) => {
    event.preventDefault();
    void send();
  });
  update();
  return samples;
}
