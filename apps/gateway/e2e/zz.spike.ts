import { renderEnvoyConfig } from "@gateway/example-envoy";
import { startEnvoy, startGateway, startScriptedBackend, text } from "@gateway/testkit";
const t=(n:string)=>{const x=performance.now(); console.log(n, Math.round(x-t0)); t0=x;}; let t0=performance.now();
const backend=await startScriptedBackend(); t("backend");
const gateway=await startGateway({config:{backends:{s:{url:backend.url}}}}); t("gateway");
const envoy=await startEnvoy({config:renderEnvoyConfig({http:gateway.http.replace("http://",""),extproc:gateway.extproc})}); t("envoy");
backend.setDefault(text("fine"));
for (let i=0;i<3;i++){const r=await fetch(envoy.url()+"/v1/responses",{method:"POST",headers:{"content-type":"application/json"},body:JSON.stringify({model:"m",input:"x"})}); console.log(r.status,(await r.text()).length); t("req");}
await envoy.stop(); t("envoy stop");
await gateway.stop(); t("gw stop");
await backend.stop(); t("backend stop");
